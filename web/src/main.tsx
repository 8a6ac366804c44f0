/** Draws the dashboard into its page and begins to listen. */
import { render } from 'preact';
import { App } from './app.tsx';
import { live } from './live.ts';
import './style.css';

live.start();
render(<App />, document.getElementById('app') as HTMLElement);
