/** The version that is reported; a test holds it to package.json. */
export const VERSION = '0.1.0';
