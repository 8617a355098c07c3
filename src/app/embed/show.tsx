/** What stands inside another page: its theme, its title, and its height, which is all that the page around it is told. */
import { StrictMode, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import type { EmbedPlace } from './place';
import { embed as say } from './words';

/** What the page around it is told. */
export const HEIGHT_MESSAGE = 'quantelier-height';

export function showEmbedded(root: HTMLElement, { theme }: EmbedPlace, content: ReactNode): void {
  if (theme) document.documentElement.dataset.theme = theme;
  document.title = say.open;
  createRoot(root).render(<StrictMode>{content}</StrictMode>);
  tellHeight(root);
}

/** The height is no secret: whoever embeds this may hear it. */
function tellHeight(root: HTMLElement): void {
  if (window.parent === window) return;
  new ResizeObserver(() => {
    window.parent.postMessage({ type: HEIGHT_MESSAGE, height: Math.ceil(root.getBoundingClientRect().height) }, '*');
  }).observe(root);
}
