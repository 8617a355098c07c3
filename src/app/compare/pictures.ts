/** Sampled images on canvases: strips of equal images with a gap between them, and pictures to take home. */
import type { SampledImages } from '../../run/events';

/** Pixels of the page that a small image is wide, about. */
const CELL = 64;

/** How much a difference is enlarged: one of a thirtieth of the range can be seen. */
const GAIN = 4;

/** How images differ from those of the same noise at full precision: mid grey where they agree, lighter where they are brighter. */
export function differenceFrom(full: SampledImages, samples: SampledImages): SampledImages {
  const pixels = samples.pixels.map((value, i) => Math.max(0, Math.min(255, 128 + GAIN * (value - full.pixels[i]))));
  return { ...samples, pixels };
}

/** 1 or 3; null for anything else, which is no picture. */
export function channelsOf({ size, labels, pixels }: SampledImages): 1 | 3 | null {
  const channels = pixels.length / (labels.length * size * size);
  return channels === 1 || channels === 3 ? channels : null;
}

/** How much larger than its pixels an image is shown: whole numbers, so that every pixel is a square; large images shrink. */
export function scaleOf(size: number): number {
  return size > 2 * CELL ? (2 * CELL) / size : Math.max(1, Math.round(CELL / size));
}

/** Some of the images side by side, one pixel of gap after each, on a canvas of its own. */
export function drawStrip(canvas: HTMLCanvasElement, samples: SampledImages, first: number, count: number): void {
  const { size } = samples;
  canvas.width = count * (size + 1);
  canvas.height = size;
  const context = canvas.getContext('2d');
  for (let i = 0; i < count; i++) context?.putImageData(imageData(samples, first + i), i * (size + 1), 0);
}

function imageData(samples: SampledImages, index: number): ImageData {
  const { size, pixels } = samples;
  const channels = channelsOf(samples) ?? 3;
  const data = new ImageData(size, size);
  const from = index * size * size * channels;
  for (let at = 0; at < size * size; at++) {
    for (let c = 0; c < 3; c++) data.data[4 * at + c] = pixels[from + at * channels + (channels === 3 ? c : 0)];
    data.data[4 * at + 3] = 255;
  }
  return data;
}

export interface PictureRow {
  readonly label: string;
  readonly samples: SampledImages;
}

const PAPER = { margin: 16, line: 20, font: '13px system-ui, sans-serif', ink: '#171c24' } as const;

/** A figure of all rows with their labels, and the class names above: on paper white, whatever the page's theme. */
export function figurePng(
  rows: readonly PictureRow[],
  names: readonly string[],
  first: number,
  count: number,
): Promise<Blob> {
  const { size } = rows[0].samples;
  const scale = Math.max(1, Math.round(2 * scaleOf(size)));
  const pitch = (size + 1) * scale;
  const { margin, line, font, ink } = PAPER;
  const height = line + size * scale + margin;
  const canvas = document.createElement('canvas');
  canvas.width = 2 * margin + count * pitch;
  canvas.height = 2 * margin + line + rows.length * height;
  const context = paper(canvas);
  context.font = font;
  context.fillStyle = ink;
  names.forEach((name, i) => context.fillText(name, margin + i * pitch, margin + 13, pitch - scale));
  rows.forEach(({ label, samples }, r) => {
    const top = margin + line + r * height;
    context.fillText(label, margin, top + 14);
    const strip = document.createElement('canvas');
    drawStrip(strip, samples, first, count);
    context.drawImage(strip, margin, top + line, strip.width * scale, size * scale);
  });
  return blobOf(canvas);
}

/** All images of one row, as many a line as the page shows. */
export function sheetPng(samples: SampledImages, across: number): Promise<Blob> {
  const { size, labels } = samples;
  const scale = Math.max(1, Math.round(scaleOf(size)));
  const pitch = (size + 1) * scale;
  const lines = Math.ceil(labels.length / across);
  const canvas = document.createElement('canvas');
  canvas.width = Math.min(across, labels.length) * pitch - scale;
  canvas.height = lines * pitch - scale;
  const context = paper(canvas);
  for (let line = 0; line < lines; line++) {
    const strip = document.createElement('canvas');
    drawStrip(strip, samples, line * across, Math.min(across, labels.length - line * across));
    context.drawImage(strip, 0, line * pitch, strip.width * scale, size * scale);
  }
  return blobOf(canvas);
}

function paper(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d');
  if (!context) throw new Error('bug: the browser gives no 2D canvas');
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingEnabled = false;
  return context;
}

function blobOf(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('bug: the canvas gives no PNG'))), 'image/png'),
  );
}
