/**
 * Draws a Vega-Lite specification as SVG, without a canvas, a browser or the network: the picture is part of the page. The same
 * specification gives the same text.
 */
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

/** Readable on light and dark pages alike: text and axes take the page's colour, data a palette that colour-blind readers can tell apart. */
const CONFIG = {
  background: 'transparent',
  font: 'inherit',
  axis: {
    labelColor: 'currentColor',
    titleColor: 'currentColor',
    domainColor: 'currentColor',
    tickColor: 'currentColor',
    gridOpacity: 0.2,
  },
  legend: { labelColor: 'currentColor', titleColor: 'currentColor', orient: 'bottom', symbolLimit: 40, columns: 5 },
  title: { color: 'currentColor', anchor: 'start', fontSize: 13 },
  view: { stroke: 'transparent' },
  header: { labelColor: 'currentColor', titleColor: 'currentColor' },
} as const;

/** What a picture says to those who cannot see it goes into its title and description. */
export interface Figure {
  readonly title: string;
  readonly description: string;
  readonly spec: TopLevelSpec;
}

export async function figureHtml({ title, description, spec }: Figure): Promise<string> {
  const view = new View(parse(compile({ ...spec, config: CONFIG } as TopLevelSpec).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  // What the drawing calls itself is read aloud in place of what it shows.
  const drawing = svg.replace('<svg ', '<svg aria-hidden="true" focusable="false" ');
  return `<figure role="img" aria-label="${escaped(description)}"><figcaption>${escaped(title)}</figcaption>${drawing}</figure>`;
}

/** Text as it may stand in HTML, attributes too: names of streams come from callers. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
