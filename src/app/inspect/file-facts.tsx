/** The file as a whole: what it is, its sizes by type and by what a run does, warnings from the headers, and a check of every value. */
import { useMemo } from 'react';
import type { Inspected } from '../../worker/protocol';
import type { ShownCheck } from '../../store/inspect';
import * as format from '../format';
import { Button } from '../parts/button';
import { FailureAlert } from '../parts/failure';
import facts from '../parts/facts.module.css';
import panel from '../parts/panel.module.css';
import { Looking } from './look';
import { say } from './words';
import styles from './inspect.module.css';

type Share = Inspected['dtypes'][number];

interface FileFactsProps {
  listing: Inspected;
  check: ShownCheck | null;
  onCheck: () => void;
  onStop: () => void;
}

/** Files and findings that are named. */
const MOST_LINES = 50;

export function FileFacts({ listing, check, onCheck, onStop }: FileFactsProps) {
  const { tensors, metadata, files, ignored, warnings, notes } = listing;
  const total = useMemo(
    () => ({
      values: tensors.reduce((sum, { values }) => sum + values, 0),
      bytes: tensors.reduce((sum, { bytes }) => sum + bytes, 0),
    }),
    [tensors],
  );
  const { facts: names } = say;
  return (
    <section className={styles.detail} aria-labelledby="inspect-file">
      <h2 id="inspect-file">{say.file}</h2>
      <dl className={facts.facts}>
        <dt>{names.format}</dt>
        <dd>{listing.format}</dd>
        <dt>{names.architecture}</dt>
        <dd>{listing.architecture ?? names.unknown}</dd>
        <dt>{names.tensors}</dt>
        <dd>{format.integer(tensors.length)}</dd>
        <dt>{names.values}</dt>
        <dd>{format.count(total.values)}</dd>
        <dt>{names.size}</dt>
        <dd>{format.bytes(total.bytes)}</dd>
        <dt>{names.files}</dt>
        <dd>
          {files.slice(0, MOST_LINES).map(({ name, bytes }) => (
            <span key={name} className={styles.line}>{`${name} (${format.bytes(bytes)})`}</span>
          ))}
        </dd>
        {ignored.length > 0 && (
          <>
            <dt>{names.ignored}</dt>
            <dd>{ignored.slice(0, MOST_LINES).join(', ')}</dd>
          </>
        )}
      </dl>
      <h3>{say.warnings}</h3>
      <ul className={styles.findings}>
        {[...notes, ...warnings.map(say.warning)].map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
        {notes.length + warnings.length === 0 && <li>{say.noWarnings}</li>}
      </ul>
      <Shares
        title={say.byKind}
        first={say.shareColumns.kind}
        shares={listing.kinds}
        total={total.bytes}
        name={kindName}
      />
      <Shares
        title={say.byType}
        first={say.shareColumns.name}
        shares={listing.dtypes}
        total={total.bytes}
        name={plain}
      />
      {metadata.length > 0 && (
        <details className={styles.more}>
          <summary>{say.metadata}</summary>
          <dl className={facts.facts}>
            {metadata.map(([key, value]) => (
              <div key={key} className={styles.pair}>
                <dt>{key}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
      <Check check={check} bytes={total.bytes} tensors={tensors.length} onCheck={onCheck} onStop={onStop} />
    </section>
  );
}

interface SharesProps {
  title: string;
  first: string;
  shares: readonly Share[];
  total: number;
  name: (share: Share) => string;
}

function Shares({ title, first, shares, total, name }: SharesProps) {
  const { shareColumns: columns } = say;
  return (
    <>
      <h3>{title}</h3>
      <div className={panel.tableFrame} tabIndex={0} role="region" aria-label={title}>
        <table className={`${panel.table} ${panel.cards}`}>
          <caption className="visually-hidden">{title}</caption>
          <thead>
            <tr>
              <th scope="col">{first}</th>
              {[columns.tensors, columns.values, columns.bytes, columns.share].map((column) => (
                <th key={column} scope="col" className={panel.number}>
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shares.map((share) => (
              <tr key={share.name}>
                <th scope="row">{name(share)}</th>
                <td data-label={columns.tensors} className={panel.number}>
                  {format.integer(share.tensors)}
                </td>
                <td data-label={columns.values} className={panel.number}>
                  {format.count(share.values)}
                </td>
                <td data-label={columns.bytes} className={panel.number}>
                  {format.bytes(share.bytes)}
                </td>
                <td data-label={columns.share} className={panel.number}>
                  {total === 0 ? format.NOTHING : format.fineShare(share.bytes / total)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

const plain = ({ name }: Share) => name;

/** Of the engine's kinds, those of tensors that are left have words of their own. */
function kindName({ name }: Share): string {
  const left = Object.entries(say.left).find(([kind]) => kind === name);
  return left ? say.leftKind(left[1].tag) : say.linear;
}

interface CheckProps {
  check: ShownCheck | null;
  bytes: number;
  tensors: number;
  onCheck: () => void;
  onStop: () => void;
}

function Check({ check, bytes, tensors, onCheck, onStop }: CheckProps) {
  const findings = check?.findings ?? [];
  return (
    <div className={styles.block}>
      <h3>{say.check}</h3>
      {check?.state === 'busy' ? (
        <Looking progress={check.progress} label={say.check} onStop={onStop} />
      ) : (
        <>
          <p className={styles.small}>{say.checkText(format.bytes(bytes))}</p>
          <p>
            <Button small onClick={onCheck}>
              {check ? say.checkAgain : say.checkRun}
            </Button>
          </p>
        </>
      )}
      <div role="status">
        {check?.state === 'left' && <p className={styles.small}>{say.left_}</p>}
        {check?.state === 'ready' && (
          <p>{findings.length === 0 ? say.checkClean(tensors, format.bytes(bytes)) : say.checkDone(findings.length)}</p>
        )}
      </div>
      {check?.failure && <FailureAlert failure={check.failure} compact />}
      {findings.length > 0 && (
        <ul className={styles.findings}>
          {findings.slice(0, MOST_LINES).map((one, i) => (
            <li key={i}>{say.finding(one)}</li>
          ))}
          {findings.length > MOST_LINES && <li>{say.moreFindings(findings.length - MOST_LINES)}</li>}
        </ul>
      )}
    </div>
  );
}
