/** `inspect`: what is in a file or folder, without reading weights; the figures of one tensor; what another one has otherwise. */
import { describeCheckpoint, openCheckpoint, type Checkpoint } from '../../engine';
import { checkAll, tensorIn, type CheckReport, type Finding } from '../../inspect/check';
import {
  compareValues,
  headerDifferences,
  type HeaderDifference,
  type ValueDifference,
} from '../../inspect/difference';
import { GpuScanner } from '../../inspect/gpu-scanner';
import { hostScanner } from '../../inspect/host-scanner';
import { listingOf, type Listing } from '../../inspect/listing';
import { statisticsOf, type TensorStatistics } from '../../inspect/statistics';
import { coverageSentence } from '../../run/coverage';
import type { Call, Command } from '../command';
import { UsageError } from '../exit-codes';
import { sourcesOf } from '../folder-source';

type Described = ReturnType<typeof describeCheckpoint>;

type Result =
  | Described
  /** A checkpoint that no run takes. */
  | { readonly listing: Listing }
  | { readonly tensor: PlainStatistics }
  | { readonly check: CheckReport }
  | { readonly differences: readonly (HeaderDifference & { readonly values: ValueDifference | null })[] };

export const inspect: Command = {
  name: 'inspect',
  usage: ['FILE|FOLDER [--tensor NAME | --check | --against FILE|FOLDER]'],
  summary: 'list tensors and what is quantized; look into, check, compare',
  about:
    'Lists the tensors of a checkpoint and marks the linear layers that would be quantized (*); reads headers alone. With a flag it looks into one tensor, reads the whole file, or compares two.',
  words: 1,
  flags: {
    tensor: {
      value: 'NAME',
      help: 'Figures of one tensor: extremes, mean, RMS, kurtosis, zeros, NaN, its largest columns.',
    },
    check: { value: null, help: 'Read the whole file: NaN, infinity, zero tensors and columns, tensors stored twice.' },
    against: { value: 'PATH', help: 'Compare tensor by tensor with another checkpoint.' },
  },
  async run(call): Promise<Result> {
    const { words, flags } = call;
    const [path] = words;
    if (!path) throw new UsageError('inspect needs a file or a folder.');
    const wanted = ['tensor', 'check', 'against'].filter((name) => flags.has(name));
    if (wanted.length > 1)
      throw new UsageError(`--${wanted.join(' and --')} are looks of their own: give one of them.`);
    const checkpoint = await openCheckpoint(await sourcesOf(path));
    const tensor = flags.text('tensor');
    if (tensor !== null) return { tensor: await figuresOf(call, checkpoint, tensor) };
    if (flags.boolean('check')) return { check: await checkAll(checkpoint) };
    const other = flags.text('against');
    if (other !== null) return against(checkpoint, await openCheckpoint(await sourcesOf(other)));
    const listing = listingOf(checkpoint);
    return listing.limitation !== null && !listing.tensors.some(({ left }) => left === null)
      ? { listing }
      : describeCheckpoint(checkpoint);
  },
  describe(found: Result) {
    if ('tensor' in found) return tensorLines(found.tensor).join('\n');
    if ('check' in found) return checkLines(found.check).join('\n');
    if ('differences' in found) return differenceLines(found.differences).join('\n');
    return ('listing' in found ? listingLines(found.listing) : describedLines(found)).join('\n');
  },
};

async function figuresOf({ gpu }: Call, checkpoint: Checkpoint, name: string): Promise<PlainStatistics> {
  const info = tensorIn(checkpoint, name);
  // Without a GPU the host counts the same.
  const open = await gpu().catch(() => null);
  return plain(await statisticsOf(info, open ? new GpuScanner(open) : hostScanner));
}

/** Typed arrays as lists, which JSON writes as such; a peak that is not finite is null there. */
function plain(found: TensorStatistics) {
  const { histogram, columnPeaks, columnKurtosis, rowPeaks, picture } = found;
  return {
    ...found,
    histogram: histogram && [...histogram],
    columnPeaks: columnPeaks && { ...columnPeaks, values: [...columnPeaks.values] },
    columnKurtosis: columnKurtosis && { ...columnKurtosis, values: [...columnKurtosis.values] },
    rowPeaks: { ...rowPeaks, values: [...rowPeaks.values] },
    picture: { ...picture, peaks: [...picture.peaks] },
  };
}

type PlainStatistics = ReturnType<typeof plain>;

async function against(a: Checkpoint, b: Checkpoint): Promise<Result> {
  const values = new Map<string, ValueDifference>();
  await compareValues(a, b, (difference) => values.set(difference.tensor, difference));
  const headers = headerDifferences(a, b);
  return { differences: headers.map((header) => ({ ...header, values: values.get(header.tensor) ?? null })) };
}

function describedLines(found: Described): string[] {
  const linears = new Set(found.linears.map(({ weight }) => weight));
  return [
    `${found.format}, ${found.architecture ?? found.limitation}`,
    ...found.tensors.map(({ name, shape, dtype, bytes }) => tensorLine(linears.has(name), name, dtype, shape, bytes)),
    ...found.notes,
    `${found.tensors.length} tensors, ${found.linears.length} linear layers (*)`,
    coverageSentence(found.coverage),
    ...(found.ignored.length > 0 ? [`not used: ${found.ignored.join(', ')}`] : []),
  ];
}

function listingLines({ format, limitation, tensors, notes }: Listing): string[] {
  return [
    `${format}: ${limitation}`,
    ...tensors.map(({ name, shape, dtype, bytes, left }) => tensorLine(left === null, name, dtype, shape, bytes)),
    ...notes,
    `${tensors.length} tensors`,
  ];
}

function tensorLine(linear: boolean, name: string, dtype: string, shape: readonly number[], bytes: number): string {
  return `${linear ? '*' : ' '} ${name.padEnd(52)} ${dtype.padEnd(5)} ${`[${shape.join(', ')}]`.padEnd(16)} ${bytes}`;
}

function tensorLines(found: PlainStatistics): string[] {
  const { name, dtype, shape, count, zeroColumns, largestColumns } = found;
  const line = (what: string, value: number | string | null) => `  ${what.padEnd(16)} ${figure(value)}`;
  return [
    `${name}: ${dtype} [${shape.join(', ')}], ${count} values`,
    line('least', found.least),
    line('greatest', found.greatest),
    line('mean', found.mean),
    line('RMS', found.rms),
    line('deviation', found.deviation),
    line('kurtosis', found.kurtosis),
    line('zeros', String(found.zeros)),
    line('NaN', String(found.nan)),
    line('infinite', String(found.infinite)),
    ...(zeroColumns ? [line('zero columns', String(zeroColumns.count))] : []),
    ...(largestColumns.length > 0
      ? [
          line(
            'largest columns',
            largestColumns
              .slice(0, 5)
              .map(({ column, peak }) => `${column} (${figure(peak)})`)
              .join(', '),
          ),
        ]
      : []),
  ];
}

function checkLines({ tensors, bytes, findings }: CheckReport): string[] {
  const read = `${tensors} tensors, ${bytes} bytes read: `;
  return [
    read + (findings.length === 0 ? 'nothing found' : `${findings.length} findings`),
    ...findings.map(findingLine),
  ];
}

function findingLine(finding: Finding): string {
  switch (finding.kind) {
    case 'not finite':
      return `${finding.tensor}: ${finding.nan} NaN, ${finding.infinite} infinite`;
    case 'all zero':
      return `${finding.tensor}: all zero`;
    case 'zero columns':
      return `${finding.tensor}: ${finding.columns} of ${finding.of} columns are zero`;
    case 'duplicates':
      return `the same bytes: ${finding.tensors.join(', ')}`;
  }
}

function differenceLines(differences: readonly (HeaderDifference & { readonly values: ValueDifference | null })[]) {
  const equal = differences.filter(({ a, b, values }) => a?.dtype === b?.dtype && values && values.is !== 'different');
  return [
    ...differences
      .filter((one) => !equal.includes(one))
      .map(({ tensor, is, a, b, values }) => `${tensor.padEnd(52)} ${differenceWords(is, a, b, values)}`),
    `${differences.length} tensors, ${equal.length} equal`,
  ];
}

function differenceWords(
  is: HeaderDifference['is'],
  a: HeaderDifference['a'],
  b: HeaderDifference['b'],
  values: ValueDifference | null,
): string {
  if (is === 'only in a') return 'only in the first';
  if (is === 'only in b') return 'only in the second';
  const types = a && b && a.dtype !== b.dtype ? `${a.dtype} and ${b.dtype}: ` : '';
  if (is === 'shape') return `${types}[${a?.shape.join(', ')}] and [${b?.shape.join(', ')}]`;
  if (!values) return `${types}cannot be compared`;
  if (values.is !== 'different') return `${types}equal values`;
  return `${types}relative ${figure(values.relative)}, largest ${figure(values.largest)}, ${values.values} values`;
}

function figure(value: number | string | null): string {
  if (value === null) return 'n/a';
  return typeof value === 'string' ? value : String(Number(value.toPrecision(6)));
}
