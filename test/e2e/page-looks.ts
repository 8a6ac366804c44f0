/** What tests look for in a page from within: how smoothly it scrolls, what has no name, what cannot be read. Scripts for the browser. */

/** Scrolls through the whole table in a second and a half, and tells how long each frame took. */
export const SCROLL = `new Promise((resolve) => {
  const frame = document.querySelector('.long');
  const [frames, beginMs] = [[], performance.now()];
  let lastMs = beginMs;
  const step = () => {
    const nowMs = performance.now();
    frames.push(nowMs - lastMs);
    lastMs = nowMs;
    const share = Math.min(1, (nowMs - beginMs) / 1500);
    frame.scrollTop = share * (frame.scrollHeight - frame.clientHeight);
    if (share < 1) requestAnimationFrame(step);
    else requestAnimationFrame(() => requestAnimationFrame(() => resolve(frames)));
  };
  requestAnimationFrame(step);
})`;

/** What can be reached or is a part of its own, and has no name. */
export const NAMELESS = `[...document.querySelectorAll('a, button, input, section, nav, [role=img], [tabindex="0"]')]
  .filter((each) => !each.ariaLabel && !each.hasAttribute('aria-labelledby') && !each.labels?.length && !each.textContent.trim())
  .map((each) => each.outerHTML.slice(0, 80))`;

/** Texts with less contrast to what is behind them than WCAG AA wants of small ones. */
export const CONTRASTS = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => [r, g, b].map((part) => part / 255).map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4).reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (element) => { for (let each = element; each; each = each.parentElement) { const colour = rgb(getComputedStyle(each).backgroundColor); if (colour[3] === 255) return colour; } return [255, 255, 255]; };
  return [...document.querySelectorAll('h1, h2, p, a, b, dt, dd, th, td, li, button, small')].filter((element) => element.textContent.trim() !== '' && element.offsetParent).flatMap((element) => {
    const [a, b] = [light(rgb(getComputedStyle(element).color)), light(behind(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    return ratio < 4.5 ? [element.className + ' ' + element.textContent.slice(0, 20) + ' ' + ratio.toFixed(2)] : [];
  });
})()`;
