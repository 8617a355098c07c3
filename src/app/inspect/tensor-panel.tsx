/** One tensor: what it is and what a run does with it, its figures, its charts, its map, and its values. */
import { Fragment, useEffect, useRef } from 'react';
import type { ListedTensor, TensorStatistics, ValueWindow } from '../../worker/protocol';
import type { ShownTensor } from '../../store/inspect';
import * as format from '../format';
import { Button } from '../parts/button';
import { FailureAlert } from '../parts/failure';
import facts from '../parts/facts.module.css';
import { HeatMap } from './heat-map';
import { Looking } from './look';
import { Columns, Histogram } from './tensor-charts';
import { ValueTable } from './value-table';
import { say } from './words';
import styles from './inspect.module.css';

interface TensorPanelProps {
  listed: ListedTensor;
  tensor: ShownTensor;
  window: ValueWindow | null;
  onRead: () => void;
  onStop: () => void;
  onLook: (row: number, col: number) => void;
}

export function TensorPanel({ listed, tensor, window: shown, onRead, onStop, onLook }: TensorPanelProps) {
  const { figures, state } = tensor;
  const detail = useRef<HTMLElement>(null);
  // A press in the map leads to the values, which stand below it.
  const wish = useRef(false);
  useEffect(() => {
    if (!wish.current || shown === null) return;
    wish.current = false;
    const heading = detail.current?.querySelector<HTMLElement>('[data-values] h3');
    heading?.focus({ preventScroll: true });
    heading?.scrollIntoView({ block: 'start' });
  }, [shown]);
  const { left } = listed;
  return (
    <section ref={detail} className={styles.detail} aria-labelledby="inspect-tensor">
      <h2 id="inspect-tensor" className={styles.name}>
        <Dotted name={listed.name} />
      </h2>
      <p className={styles.why}>
        <span className={left === null ? styles.mark : styles.reason}>
          {left === null ? say.quantized : say.left[left].tag}
        </span>{' '}
        {left === null ? say.quantizedWhy : say.left[left].why}
      </p>
      <Facts listed={listed} figures={figures} />
      {state === 'asking' && (
        <div className={styles.block}>
          <p>{say.asks(say.values(listed.values), format.bytes(listed.bytes))}</p>
          <p>
            <Button onClick={onRead}>{say.read}</Button>
          </p>
        </div>
      )}
      {state === 'busy' && <Looking progress={tensor.progress} label={say.reading} onStop={onStop} />}
      {state === 'left' && (
        <p className={styles.block}>
          {say.left_}{' '}
          <Button small onClick={onRead}>
            {say.readAgain}
          </Button>
        </p>
      )}
      {tensor.failure && <FailureAlert failure={tensor.failure} deeds={{ retry: onRead }} />}
      {!listed.readable && <p className={styles.block}>{say.unreadable(listed.dtype)}</p>}
      {listed.values === 0 && <p className={styles.block}>{say.noValues}</p>}
      {figures && (
        <>
          <Histogram figures={figures} />
          {listed.values > 1 && (
            <HeatMap
              key={listed.name}
              figures={figures}
              onOpen={(row, col) => {
                wish.current = true;
                onLook(row, col);
              }}
            />
          )}
          <Columns figures={figures} />
        </>
      )}
      {listed.readable && listed.values > 0 && (
        <ValueTable rows={listed.rows} cols={listed.cols} window={shown} onLook={onLook} />
      )}
    </section>
  );
}

interface FactsProps {
  listed: ListedTensor;
  figures: TensorStatistics | null;
}

function Facts({ listed, figures }: FactsProps) {
  const { statistics: names } = say;
  const value = (number: number | null) => (number === null ? format.NOTHING : format.value(number));
  const some = (n: number) =>
    n === 0 ? '0' : say.share(format.integer(n), format.smallShare(n / Math.max(1, listed.values)));
  const rows: readonly (readonly [name: string, value: string, warn?: boolean])[] = [
    [names.shape, say.shape(listed.shape)],
    [names.dtype, listed.dtype],
    [names.values, format.integer(listed.values)],
    [names.size, format.bytes(listed.bytes)],
    [names.file, listed.file],
    ...(figures
      ? ([
          [names.least, value(figures.least)],
          [names.greatest, value(figures.greatest)],
          [names.mean, value(figures.mean)],
          [names.rms, value(figures.rms)],
          [names.deviation, value(figures.deviation)],
          [names.kurtosis, value(figures.kurtosis)],
          [names.zeros, some(figures.zeros)],
          [names.nan, some(figures.nan), figures.nan > 0],
          [names.infinite, some(figures.infinite), figures.infinite > 0],
          ...(figures.zeroColumns
            ? [[names.zeroColumns, format.integer(figures.zeroColumns.count), figures.zeroColumns.count > 0] as const]
            : []),
          [names.zeroRows, format.integer(figures.zeroRows), figures.zeroRows > 0],
        ] as const)
      : []),
  ];
  const turned = listed.shape.length > 2;
  return (
    <>
      <dl className={`${facts.facts} ${styles.facts}`}>
        {rows.map(([name, text, warn]) => (
          <div key={name} className={styles.pair}>
            <dt>{name}</dt>
            <dd className={warn ? styles.warn : undefined}>{text}</dd>
          </div>
        ))}
      </dl>
      {turned && (
        <p className={styles.small}>{say.asMatrix(format.integer(listed.rows), format.integer(listed.cols))}</p>
      )}
    </>
  );
}

/** A long name goes on behind a dot rather than within a word. */
function Dotted({ name }: { name: string }) {
  return name.split(/(?<=\.)/).map((part, i) => (
    <Fragment key={i}>
      {part}
      <wbr />
    </Fragment>
  ));
}
