/** A grid of coloured cells on a canvas: one pixel a cell, enlarged without blur. What it shows is said beside it. */
import { useEffect, useRef } from 'react';
import { useDark } from '../context';
import styles from './codebook.module.css';

interface CellsProps {
  rows: number;
  cols: number;
  /** How many times wider than high a cell is. */
  wide?: number;
  /** Paints all cells; `ink` and `ground` are the theme's text and sunken surface. Must keep its identity while nothing changes. */
  paint: (pixels: Uint8ClampedArray, ink: Rgb, ground: Rgb) => void;
  /** The picture in a sentence. */
  label: string;
}

export type Rgb = readonly [number, number, number];

/** Pixels on the screen that a picture takes at most, each way. */
const MOST_WIDTH = 360;
const MOST_HEIGHT = 300;

export function Cells({ rows, cols, wide = 1, paint, label }: CellsProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const dark = useDark();
  useEffect(() => {
    const node = canvas.current;
    const context = node?.getContext('2d');
    if (!node || !context) return;
    const style = getComputedStyle(node);
    const image = context.createImageData(cols, rows);
    paint(image.data, rgbOf(style.color), rgbOf(style.backgroundColor));
    context.putImageData(image, 0, 0);
    // The theme is not used here, but the colours that the style gives follow it.
  }, [rows, cols, paint, dark]);
  const scale = Math.min(MOST_WIDTH / (cols * wide), MOST_HEIGHT / rows);
  return (
    <canvas
      ref={canvas}
      className={styles.cells}
      width={cols}
      height={rows}
      style={{ width: Math.max(24, Math.round(cols * wide * scale)), aspectRatio: `${cols * wide} / ${rows}` }}
      role="img"
      aria-label={label}
    />
  );
}

function rgbOf(css: string): Rgb {
  const [r = 128, g = 128, b = 128] = (css.match(/[\d.]+/g) ?? []).map(Number);
  return [r, g, b];
}
