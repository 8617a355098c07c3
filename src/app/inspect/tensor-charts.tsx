/** The two charts of a tensor: its histogram, and its columns. */
import { useMemo, useState } from 'react';
import type { TensorStatistics } from '../../worker/protocol';
import { ChartFigure } from '../chart/chart-figure';
import { Choices, Toolbar } from '../parts/toolbar';
import chart from '../chart/chart.module.css';
import { Bars } from './bars';
import {
  COLUMN_MEASURES,
  COLUMN_ORDERS,
  columnChart,
  histogramChart,
  type ColumnMeasure,
  type ColumnOrder,
} from './charts';
import { say } from './words';

const SCALES = ['linear', 'log'] as const;

export function Histogram({ figures }: { figures: TensorStatistics }) {
  const [scale, setScale] = useState<(typeof SCALES)[number]>('linear');
  const drawn = useMemo(() => histogramChart(figures, scale === 'log'), [figures, scale]);
  if (!drawn) return null;
  return (
    <ChartFigure
      model={drawn.model}
      caption={<span>{say.histogram}</span>}
      summary={drawn.summary}
      height={260}
      drawing={(geometry, at) => <Bars model={drawn.model} geometry={geometry} at={at} />}
      toolbar={
        <Toolbar className={chart.toolbar} label={say.scale}>
          <Choices
            label={say.scale}
            className={chart.group}
            choiceClassName={chart.choice}
            value={scale}
            choices={SCALES.map((value) => ({ value, text: say.scales[value] }))}
            onChange={setScale}
          />
        </Toolbar>
      }
    />
  );
}

export function Columns({ figures }: { figures: TensorStatistics }) {
  const [order, setOrder] = useState<ColumnOrder>('place');
  const [measure, setMeasure] = useState<ColumnMeasure>('peak');
  const drawn = useMemo(() => columnChart(figures, order, measure), [figures, order, measure]);
  const measures = COLUMN_MEASURES.filter((one) => one !== 'kurtosis' || figures.columnKurtosis !== null);
  if (!drawn) return null;
  return (
    <ChartFigure
      model={drawn.model}
      caption={<span>{say.columns}</span>}
      summary={drawn.summary}
      height={260}
      drawing={(geometry, at) => <Bars model={drawn.model} geometry={geometry} at={at} />}
      toolbar={
        <Toolbar className={chart.toolbar} label={say.columns}>
          {measures.length > 1 && (
            <Choices
              label={say.columnsOf}
              className={chart.group}
              choiceClassName={chart.choice}
              value={measure}
              choices={measures.map((value) => ({ value, text: say.columnsMeasures[value] }))}
              onChange={setMeasure}
            />
          )}
          <Choices
            label={say.columnsOrder}
            className={chart.group}
            choiceClassName={chart.choice}
            value={order}
            choices={COLUMN_ORDERS.map((value) => ({ value, text: say.columnsOrders[value] }))}
            onChange={setOrder}
          />
        </Toolbar>
      }
    />
  );
}
