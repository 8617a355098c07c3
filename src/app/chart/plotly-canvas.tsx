/** Plotly's drawing of a chart of any kind, over the static one that stands there until it is done. */
import { useEffect, useRef } from 'react';
import { nextTask } from '../../base/next-task';
import type { PlotlyColors } from './plotly-colors';
import { usePlotlyColors, type PlotlyModule } from './use-plotly';
import styles from './chart.module.css';

/** Draws into an element. Must keep its identity while it would draw the same, or every render would draw. */
export type Draw = (plotly: PlotlyModule, element: HTMLElement, colors: PlotlyColors) => Promise<unknown>;

interface CanvasProps {
  plotly: PlotlyModule;
  draw: Draw;
  visible: boolean;
  /** Told whether it worked; must keep its identity as well. */
  onDrawn: (worked: boolean) => void;
}

export function PlotlyCanvas({ plotly, draw, visible, onDrawn }: CanvasProps) {
  const element = useRef<HTMLDivElement>(null);
  const colors = usePlotlyColors();
  // One at a time: a drawing takes several steps, and one begun in the middle of another would mix the axes of both.
  const before = useRef<Promise<unknown>>(Promise.resolve());
  useEffect(() => {
    const node = element.current;
    if (!node) return;
    let current = true;
    // A drawing takes as long as all the rest of an update: the page answers in between. What has been overtaken meanwhile is not drawn
    // at all.
    const drawn = before.current.then(nextTask).then(() => (current ? draw(plotly, node, colors) : undefined));
    before.current = drawn.catch(() => undefined);
    drawn.then(
      () => current && onDrawn(true),
      () => current && onDrawn(false),
    );
    return () => {
      current = false;
    };
  }, [plotly, draw, colors, onDrawn]);
  useEffect(() => {
    const node = element.current;
    return () => {
      if (node) plotly.erase(node);
    };
  }, [plotly]);
  return (
    <div className={visible ? styles.canvas : `${styles.canvas} ${styles.hidden}`}>
      {/* Plotly's own: it sets a class here, which React would overwrite with any it knows of. */}
      <div ref={element} />
    </div>
  );
}
