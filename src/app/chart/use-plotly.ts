/** Brings Plotly in when the browser has nothing better to do, and the colours that it has to be told. */
import { useEffect, useState } from 'react';
import { useDark, useMedia } from '../context';
import type { PlotlyColors } from './plotly';

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

/** Plotly draws into SVG attributes, so CSS variables do not reach it. Forced colours leave dash and marker to tell lines apart. */
export function usePlotlyColors(): PlotlyColors {
  const dark = useDark();
  const forced = useMedia('(forced-colors: active)');
  if (!forced) return dark ? DARK : LIGHT;
  return dark ? FORCED_DARK : FORCED_LIGHT;
}

const plain = (color: string): PlotlyColors => ({
  text: color,
  axis: color,
  grid: 'rgba(128,128,128,0.4)',
  line: () => color,
});
const FORCED_LIGHT = plain('#000000');
const FORCED_DARK = plain('#FFFFFF');
