/**
 * The menu of files of figures: the chart as it is seen, the table, and all of it. They need no engine: they are written from the result at
 * hand, wherever it came from. Loaded when the table is shown.
 */
import { useState } from 'react';
import { DropdownMenu } from 'radix-ui';
import type { Shown } from '../../report/compare';
import { drawingOf, type DrawnView } from '../../report/drawing';
import { drawingSvg } from '../../report/drawing-svg';
import { FIGURE_FILES, type FigureFormat } from '../../report/files';
import { htmlReport } from '../../report/html';
import { everything, type Weights } from '../../report/everything';
import { slug } from '../../report/table-latex';
import type { RunResult } from '../../run/events';
import { failureOf } from '../../store/failure';
import { useStore } from '../../store/react';
import { download } from '../clipboard';
import { useStudio } from '../context';
import { Button } from '../parts/button';
import { figurePng } from './figure-png';
import { figureFileWords as say } from './words';
import styles from './compare.module.css';
import { compareWords } from './table-words';

/** What is more than the text of a result. */
type Beside = 'png' | 'zip';
type Group = keyof typeof say.groups;

const GROUPS: Readonly<Record<Group, readonly (FigureFormat | Beside)[]>> = {
  chart: ['svg', 'png', 'pgfplots', 'points'],
  table: ['latex', 'markdown', 'csv', 'bibtex'],
  all: ['html', 'layers', 'results', 'zip'],
};

interface MenuProps {
  runId: string;
  result: RunResult;
  shown: Shown;
  drawn: DrawnView;
  /** The sentence about the result, for the report. */
  lead: string;
}

export function FiguresMenu({ runId, result, shown, drawn, lead }: MenuProps) {
  const [failed, setFailed] = useState<string | null>(null);
  const weights = useWeights(runId, result);
  const write = (format: FigureFormat) => {
    const { name, type, text } = FIGURE_FILES[format];
    const written = format === 'html' ? htmlReport(result, shown, drawn, lead) : text(result, shown, drawn);
    download(name, new Blob([written], { type }));
  };
  const png = () => figurePng(drawingSvg(drawingOf(result, shown, drawn)), result);
  const writePng = async () => download('figure.png', await png());
  const writeAll = async () => {
    // Without a picture there is still all else.
    const picture = await png().catch(() => null);
    const asked = { shown, view: drawn, lead, png: picture, weights };
    download(`${slug(result.model.name)}.zip`, await everything(result, asked));
  };
  const writers: Readonly<Record<Beside, () => Promise<void>>> = { png: writePng, zip: writeAll };
  const select = (item: FigureFormat | Beside) => {
    setFailed(null);
    if (item !== 'png' && item !== 'zip') return write(item);
    writers[item]().catch((error: unknown) => setFailed(item === 'png' ? say.noPicture : failureOf(error).sentence));
  };
  return (
    <span className={styles.figuresMenu}>
      {failed !== null && <span role="alert">{failed}</span>}
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger asChild>
          <Button small icon="download">
            {compareWords.exportFigures}
          </Button>
        </DropdownMenu.Trigger>
        <DropdownMenu.Content className={styles.menu} align="end" sideOffset={4}>
          {(Object.keys(GROUPS) as Group[]).map((group) => (
            <DropdownMenu.Group key={group} aria-label={say.groups[group]}>
              <DropdownMenu.Label className={styles.groupName}>{say.groups[group]}</DropdownMenu.Label>
              {GROUPS[group].map((format) => (
                <DropdownMenu.Item key={format} className={styles.item} onSelect={() => select(format)}>
                  {format === 'zip' && weights ? say.withWeights(weights.of) : say.files[format]}
                </DropdownMenu.Item>
              ))}
            </DropdownMenu.Group>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Root>
    </span>
  );
}

/** Those that were exported last from this run, while they are at hand; null where there are none. */
function useWeights(runId: string, { plan }: RunResult): (Weights & { readonly of: string }) | null {
  const task = useStore(useStudio().exports, (state) => state.task);
  if (task?.state !== 'ready' || task.runId !== runId) return null;
  const label = plan.rows.find(({ row }) => row === task.row)?.label ?? String(task.row);
  return { of: label, folder: slug(`${label} ${task.kind}`), files: task.files };
}
