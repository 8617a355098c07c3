/** A figure as a PNG, drawn by the browser from the SVG of it, with the result inside. */
import { pngWithResult } from '../../report/embedded';
import type { RunResult } from '../../run/events';

/** Dots a pixel of the drawing: enough for 300 dpi at a column's width. */
const SCALE = 3;

/** `svg`: without the result, which the PNG has itself. Rejects where the browser does not draw it. */
export async function figurePng(svg: string, result: RunResult): Promise<Blob> {
  const image = new Image();
  // A data address: the page's policy lets nothing else in, and a canvas that it was drawn on stays readable.
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [image.width * SCALE, image.height * SCALE];
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  const png = await new Promise<Blob>((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the canvas gives no PNG'))), 'image/png'),
  );
  const bytes = pngWithResult(new Uint8Array(await png.arrayBuffer()), result);
  return new Blob([bytes], { type: 'image/png' });
}
