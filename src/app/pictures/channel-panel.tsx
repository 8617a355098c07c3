/** What transforms make of outliers: the channels of a chosen layer's input, in the checkpoint and in the view that rows are of. */
import { useMemo, useState } from 'react';
import type { StageChannels } from '../../run/events';
import { ChartFigure } from '../chart/chart-figure';
import { stylesOf } from '../chart/model';
import { METHOD_STYLES } from '../../report/palette';
import { SelectField } from '../parts/field';
import { Choices, Toolbar } from '../parts/toolbar';
import type { RunFigures } from '../../store/run-view';
import chart from '../chart/chart.module.css';
import panel from '../parts/panel.module.css';
import { ChannelBars } from './channel-bars';
import { channelPicture, ORDERS, stageName, type Order } from './channel-model';
import { pictureWords } from './words';
import styles from './pictures.module.css';

const say = pictureWords.channels;

interface ChannelPanelProps {
  figures: RunFigures;
  channels: readonly StageChannels[];
}

export function ChannelsPanel({ figures, channels }: ChannelPanelProps) {
  const stages = useMemo(() => channels.toSorted((a, b) => a.block - b.block || a.stage - b.stage), [channels]);
  const [chosen, setStage] = useState(0);
  const [wanted, setView] = useState(1);
  const [order, setOrder] = useState<Order>('channel');
  const stage = stages[Math.min(chosen, stages.length - 1)];
  const views = viewNames(figures, stage);
  const view = Math.min(wanted, views.length);
  const rows = stage.views[view].rows;
  const picture = useMemo(() => {
    const look = stylesOf(figures).get(rows.at(0) ?? -1);
    return channelPicture(stage, view, order, look ?? METHOD_STYLES.gptq);
  }, [figures, stage, view, order, rows]);
  const { model, panels, summary } = picture;
  return (
    <section className={panel.section} aria-labelledby="channels-title">
      <h2 id="channels-title">{say.title}</h2>
      <div className={`${panel.panel} ${styles.panel}`}>
        <div className={styles.tools}>
          <SelectField
            label={say.layer}
            value={String(chosen)}
            choices={stages.map((one, i) => ({ value: String(i), text: stageName(figures, one) }))}
            onChange={(value) => setStage(Number(value))}
          />
          <SelectField
            label={say.view}
            value={String(view)}
            choices={views.map((text, i) => ({ value: String(i + 1), text }))}
            onChange={(value) => setView(Number(value))}
          />
        </div>
        <ChartFigure
          model={model}
          caption={<span>{say.caption}</span>}
          summary={summary}
          height={380}
          drawing={(geometry, at) => <ChannelBars model={model} panels={panels} geometry={geometry} at={at} />}
          toolbar={
            <Toolbar className={chart.toolbar} label={say.order}>
              <Choices
                label={say.order}
                className={chart.group}
                choiceClassName={chart.choice}
                value={order}
                choices={ORDERS.map((one) => ({ value: one, text: say.orders[one] }))}
                onChange={setOrder}
              />
            </Toolbar>
          }
        />
      </div>
    </section>
  );
}

/** By their transforms; those of one name, which are fitted to other rows, by a row's name as well. */
function viewNames({ plan }: RunFigures, { views }: StageChannels): string[] {
  const [, ...others] = views;
  return others.map(({ label, rows }) => {
    const alone = others.filter((one) => one.label === label).length === 1;
    const row = plan?.rows.find((one) => one.row === rows.at(0));
    return alone || !row ? label : `${label} (${row.label})`;
  });
}
