/** The figure of a chart as a PNG, drawn by the browser from the SVG of it, with the result inside. */
import { drawingOf, type DrawnView } from '../../report/drawing';
import { drawingSvg } from '../../report/drawing-svg';
import type { Shown } from '../../report/compare';
import { pngWithResult } from '../../report/embedded';
import type { RunResult } from '../../run/events';

/** Dots a pixel of the drawing: enough for 300 dpi at a column's width. */
const SCALE = 3;

/** Rejects where the browser does not draw it. */
export async function figurePng(result: RunResult, shown: Shown, view: DrawnView): Promise<Blob> {
  const svg = drawingSvg(drawingOf(result, shown, view));
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
