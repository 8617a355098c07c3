/**
 * The families of number formats that methods come out in: what follows from a row's options alone, before any work. A method names
 * its family in the catalogue; labels, plans, the baseline and the page read the rest here.
 */
import { affineLedger, groupCount } from '../quantizer/affine';
import { bookShape, codebookLedger, type CodebookBits, type CodebookLayout } from '../quantizer/codebook';
import { makeLedger, type Ledger } from '../quantizer/ledger';
import type { FamilyId, MethodFace } from './face';
import { defaultOptions, GRID_PARAMETERS, scalarOptions, type Options, type Parameter } from './parameters';

export interface Family {
  /** Options that a form shows in the open, in its order; it folds all others away. */
  readonly openOptions: readonly string[];
  /** What a layer of rows × cols will take; `sharedBy`: weights that its codebook serves, where it is not its own. */
  plannedLedger(options: Options, rows: number, cols: number, sharedBy?: number | null): Ledger;
  /** FLOP of fitting codebooks to a layer of rows × cols, beside what its data takes. */
  fitFlop(options: Options, rows: number, cols: number): number;
  /** RTN's options on the nearest grid: of the baseline, and of a layer that cannot be done as asked. */
  nearestGrid(options: Options): Options;
  /** What a row's label says after the method's title. */
  labelWords(face: MethodFace, options: Options): string[];
  /** Options that do not go together, in a sentence; null where they do, and where it is not said. */
  contradiction?(options: Options): string | null;
}

export const FAMILIES: Readonly<Record<FamilyId, Family>> = {
  affine: {
    openOptions: ['bits', 'groupSize', 'symmetric', 'clip'],
    plannedLedger(options, rows, cols) {
      const { bits, symmetric, groupSize, actOrder, staticGroups, progressive } = scalarOptions(options);
      const groups = groupCount(cols, groupSize);
      return affineLedger({
        ...{ rows, cols, bits, symmetric, groups, progressive },
        indexed: actOrder && !staticGroups && groups > 1,
      });
    },
    fitFlop: () => 0,
    nearestGrid: (options) =>
      Object.fromEntries(
        Object.entries(defaultOptions(GRID_PARAMETERS)).map(([name, unsaid]) => [name, options[name] ?? unsaid]),
      ),
    labelWords: affineWords,
    contradiction: progressiveFault,
  },
  codebook: {
    openOptions: ['codewords', 'dim', 'codebookGroup', 'codebookColumns', 'codebookBits', 'scaleBlock', 'rowScales'],
    plannedLedger: (options, rows, cols, sharedBy) => codebookLedger(codebookLayoutFor(options, rows, cols, sharedBy)),
    fitFlop(options, rows, cols) {
      const { codewords, emIterations } = codebookOptions(options);
      return 3 * rows * cols * codewords * (emIterations + 1);
    },
    nearestGrid(options) {
      const { codewords, dim, signs } = codebookOptions(options);
      const { min, max } = GRID_PARAMETERS.bits;
      const bits = Math.min(Math.max(Math.round(Math.log2(codewords) / dim + (signs === null ? 0 : 1)), min), max);
      return { ...defaultOptions(GRID_PARAMETERS), bits };
    },
    labelWords: codebookWords,
  },
  kept: {
    openOptions: [],
    plannedLedger: ({ bits }, rows, cols) => keptLedger(Number(bits), rows, cols),
    fitFlop: () => 0,
    nearestGrid: () => defaultOptions(GRID_PARAMETERS),
    labelWords: () => [],
  },
};

/** Of weights that stay as the source stores them. */
export function keptLedger(bits: number, rows: number, cols: number): Ledger {
  return makeLedger(rows * cols, { indices: bits * rows * cols });
}

/** Whether rows of a weight do not meet in a method, given the inputs' statistics: so its layers may come in tiles of rows. */
export function worksByRows({ family, trains }: Pick<MethodFace, 'family' | 'trains'>): boolean {
  return family === 'affine' && trains !== true;
}

/** Whether a row's layers are quantized by their inputs' Hessian: always, or because its options ask for it. */
export function wantsHessian(face: MethodFace, options: Options): boolean {
  return face.needs.hessian || options.lookup === 'hessian';
}

/** The options that every codebook method has, and what is meant where one has not. */
export interface CodebookOptions {
  /** K. */
  readonly codewords: number;
  /** d, inputs a sub-vector. */
  readonly dim: number;
  /** Weights a codebook; null: one codebook a layer. */
  readonly codebookGroup: number | null;
  /** Columns a codebook; null: all. */
  readonly codebookColumns: number | null;
  readonly codebookBits: CodebookBits;
  readonly emIterations: number;
  /** Inputs that share a scale; null: no scales. */
  readonly scaleBlock: number | null;
  /** How signs are kept that are split off; null: they are not. */
  readonly signs: 'learnt' | 'fixed' | null;
  /** Whether each row has a scale; null: codewords are the layer's own, not for networks of any size. */
  readonly rowScales: boolean | null;
}

export function codebookOptions(options: Options): CodebookOptions {
  const unsaid = {
    ...{ codebookGroup: null, codebookColumns: null, codebookBits: 16, emIterations: 0, scaleBlock: null },
    ...{ signs: null, rowScales: null },
  };
  const given = { ...unsaid, ...options };
  // As a choice, the width comes as text.
  return { ...given, codebookBits: Number(given.codebookBits) } as unknown as CodebookOptions;
}

/**
 * The layout that a layer of rows × cols gets. A book has no more codewords than its tile has sub-vectors, unless it was drawn for
 * networks of any size; such a book serves `sharedBy` weights. Block scales cover whole sub-vectors and are
 * stored in 4 bits, as GPTVQ's are; row scales in 16.
 */
export function codebookLayoutFor(
  options: Options,
  rows: number,
  cols: number,
  sharedBy: number | null = null,
): CodebookLayout {
  const given = codebookOptions(options);
  const { codewords, dim, codebookGroup, codebookColumns, codebookBits, scaleBlock, signs, rowScales } = given;
  const shape = bookShape({ rows, cols, dim, weights: codebookGroup, columns: codebookColumns });
  return {
    ...{ rows, cols, dim, codebookBits, ...shape },
    codewords:
      rowScales === null ? Math.max(2, Math.min(codewords, (shape.bookRows * shape.bookCols) / dim)) : codewords,
    scales: rowScales
      ? { block: cols, bits: 16 }
      : scaleBlock === null
        ? null
        : { block: Math.ceil(scaleBlock / dim) * dim, bits: 4 },
    signs: signs !== null,
    sharedBy,
  };
}

/** Groups of integers have a range of their own each, which neither mirrors nor shrinks. */
function progressiveFault(options: Options): string | null {
  const { progressive, groupSize, symmetric, clip } = scalarOptions(options);
  if (!progressive) return null;
  if (groupSize === null)
    return 'Progressive scales are of groups, and one scale a row is asked for: give a group size.';
  if (symmetric) return 'Progressive groups span minimum to maximum: leave symmetric out.';
  if (clip === 'none') return null;
  return `Progressive groups take their whole range, and the clip search ${clip} shrinks it: choose none.`;
}

function affineWords(face: MethodFace, options: Options): string[] {
  const scalar = scalarOptions(options);
  const words = [`${scalar.bits}-bit`];
  if (scalar.groupSize !== null) words.push(`g${scalar.groupSize}`);
  if (scalar.symmetric) words.push('sym');
  if (scalar.clip === 'mse') words.push('clip');
  if (scalar.progressive) words.push('progressive');
  if (scalar.actOrder) words.push('act');
  if (scalar.staticGroups && scalar.groupSize !== null) words.push('static');
  if (scalar.variant === 'exact') words.push('exact');
  return [
    ...words,
    ...changed(face, options, face.trains ? learned(face) : ['alpha', 'alpha2', 'damping', 'blockSize']),
  ];
}

/** What a method that trains has beside its grid. */
function learned({ parameters }: MethodFace): string[] {
  return Object.keys(parameters).filter((name) => !(name in GRID_PARAMETERS));
}

/** 'K16 d2': codewords, dimension, what else is not the default. No bits: what a codebook costs depends on the layer it serves. */
function codebookWords(face: MethodFace, options: Options): string[] {
  const { codewords, dim } = codebookOptions(options);
  const others = Object.keys(face.parameters).filter((name) => name !== 'codewords' && name !== 'dim');
  return [`K${codewords}`, `d${dim}`, ...changed(face, options, others)];
}

/** Options that are not the method's default, in short. */
function changed(face: MethodFace, options: Options, names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const parameter: Parameter | undefined = face.parameters[name];
    const value = options[name];
    if (!parameter || value === parameter.default) return [];
    if (parameter.kind === 'boolean') return value === true ? [parameter.label] : [`no ${parameter.label}`];
    return value === null ? [`${parameter.label} –`] : [`${parameter.label} ${value}`];
  });
}
