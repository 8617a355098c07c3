/** A method's line in small: dash and marker, in its colour of the theme at hand. Stands before the method's name everywhere. */
import { MARKER_PATHS, type LineStyle } from '../../report/palette';

/** The colour as CSS; follows the theme without asking it, and gives way where the system chooses colours. */
export function colorOf(style: LineStyle): string {
  return `var(--forced-line, light-dark(${style.light}, ${style.dark}))`;
}

export function Swatch({ style }: { style: LineStyle }) {
  const color = colorOf(style);
  return (
    <svg width="26" height="12" viewBox="0 0 26 12" aria-hidden="true" focusable="false" style={{ flex: 'none' }}>
      <line
        x1="1"
        x2="25"
        y1="6"
        y2="6"
        strokeDasharray={style.dash.join(' ') || undefined}
        style={{ stroke: color, strokeWidth: style.width }}
      />
      <Mark style={style} x={13} y={6} size={3.6} />
    </svg>
  );
}

/** One marker around a point. */
export function Mark({ style, x, y, size }: { style: LineStyle; x: number; y: number; size: number }) {
  const fill = colorOf(style);
  if (style.marker === 'none') return null;
  if (style.marker === 'circle') return <circle cx={x} cy={y} r={size} style={{ fill }} />;
  return <path d={MARKER_PATHS[style.marker]} transform={`translate(${x} ${y}) scale(${size})`} style={{ fill }} />;
}
