/** Brings Plotly in when the browser has nothing better to do, and the colours that it has to be told. */
import { useEffect, useMemo, useState } from 'react';
import { useDark, useMedia } from '../context';
import type { PlotlyColors } from './plotly-colors';

export type PlotlyModule = typeof import('./plotly');

let loading: Promise<PlotlyModule> | null = null;

/** The module once it is there. It never arrives where loading failed (offline, an old cache): the static drawing then stays. */
export function usePlotly(): PlotlyModule | null {
  const [module, setModule] = useState<PlotlyModule | null>(null);
  useEffect(() => {
    let wanted = true;
    const load = () => {
      loading ??= import('./plotly');
      loading.then(
        (loaded) => wanted && setModule(loaded),
        () => (loading = null),
      );
    };
    const idle = 'requestIdleCallback' in window ? requestIdleCallback(load, { timeout: 1500 }) : setTimeout(load, 200);
    return () => {
      wanted = false;
      if ('cancelIdleCallback' in window) cancelIdleCallback(idle as number);
      else clearTimeout(idle);
    };
  }, []);
  return module;
}

const LIGHT: PlotlyColors = { text: '#465060', axis: '#7A8594', grid: '#DFE4EA', line: (style) => style.light };
const DARK: PlotlyColors = { text: '#AEB8C6', axis: '#6B7789', grid: '#2C3441', line: (style) => style.dark };

/**
 * Plotly draws into SVG attributes, so CSS variables do not reach it. Forced colours leave dash and marker to tell lines apart, here as in
 * swatches and the static drawing (--forced-line).
 */
export function usePlotlyColors(): PlotlyColors {
  const dark = useDark();
  const forced = useMedia('(forced-colors: active)');
  // The system's colours need not follow the theme that was chosen here.
  const text = forced ? systemText() : '';
  const system = useMemo(() => plain(text), [text]);
  if (forced) return system;
  return dark ? DARK : LIGHT;
}

/** The system's text colour as a value. */
function systemText(): string {
  const probe = document.createElement('span');
  probe.style.color = 'CanvasText';
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

const plain = (color: string): PlotlyColors => ({
  text: color,
  axis: color,
  grid: 'rgba(128,128,128,0.4)',
  line: () => color,
});
