/**
 * What the export formats cannot hold, as sentences: of a row, of a layer by its shape and options (both before any work), and of a layer
 * as it came out. A table, so that the plan, the command line, the driver and the exports all ask the same.
 *
 * A layer that a format cannot hold need not cost the whole export: with "keep unfit layers" it is written dense, dequantized, and the
 * file's config names it as not quantized. Dequantized weights are always written so, and in F32 where 16 bits would not hold them.
 */
import { isStudioError, StudioError } from '../base/errors';
import { checkAqlmShape } from '../checkpoint/aqlm-config';
import { checkGptqBits } from '../checkpoint/gptq-config';
import { checkGptqShape } from '../checkpoint/gptq-write';
import { halfFault } from '../checkpoint/half';
import { quoted } from '../checkpoint/wording';
import { faceOf } from '../method/catalogue';
import { type FamilyId } from '../method/face';
import { codebookLayoutFor } from '../method/families';
import { scalarOptions } from '../method/parameters';
import type { Linear } from '../model/architecture';
import { bookCount, codebookLayoutOf, type CodebookLayout } from '../quantizer/codebook';
import type { QuantizedTensor } from '../quantizer/quantized';
import { formatsOf, FORMATS, WEIGHT_FORMATS, type WeightFormat } from './formats';
import { allocateStep } from '../recipe/allotted';
import { ruleFor } from '../recipe/layer-rules';
import { weightsStep, type RecipeStep } from '../recipe/row';
import type { QuantizesWeights } from '../recipe/rows';
import { STEP_FACES } from '../step/faces';

/** A row; its steps where layers may have other options by them. */
interface Fit {
  /** Throws QS-RECIPE-01 where no layer of the row can be held, whatever its shape. */
  row(row: ExportedRow): void;
  /** Throws QS-RECIPE-01 naming the layer, by shapes and options alone. */
  layer(linear: Linear, row: ExportedRow): void;
  /** What of a layer as it came out the format cannot hold, completing "layer … "; null where it can. */
  tensor(tensor: QuantizedTensor, linear: Linear): string | null;
}

/** A row as formats look at it; of one step where its steps are not said. */
export type ExportedRow = QuantizesWeights & { readonly steps?: readonly RecipeStep[] };
/** Steps that store it are refused for the row. */
const SUM = 'parts beside its codes, which have no place,';

const ALWAYS: Fit = { row: () => undefined, layer: () => undefined, tensor: () => null };

const FITS: Readonly<Record<WeightFormat, Fit>> = {
  safetensors: ALWAYS,
  gptq: {
    row(row) {
      checkGptqBits(scalarOptions(row.options).bits, 'this recipe');
      checkProgressive(row);
      checkAlike('gptq', row, ['bits', 'groupSize', 'symmetric', 'progressive']);
    },
    layer: ({ name, rows, cols }, { options }) => checkGptqShape(name, scalarOptions(options).bits, rows, cols),
    tensor: (tensor) =>
      tensor.kind === 'affine'
        ? halfFault('a scale', tensor.scales)
        : tensor.kind === 'sum'
          ? SUM
          : `parts of the kind ${tensor.kind}, which no grid holds,`,
  },
  aqlm: {
    row: (row) => checkAlike('aqlm', row, ['codewords', 'dim', 'codebookBits']),
    layer: (linear, { options }) => checkAqlm(linear, codebookLayoutFor(options, linear.rows, linear.cols)),
    tensor(tensor, linear) {
      if (tensor.kind === 'sum') return SUM;
      // A layer that was rounded instead is written dense anyway.
      if (tensor.kind !== 'codebook') return null;
      const { codebooks, scales } = tensor;
      const shape = sentenceOrNull(() => checkAqlm(linear, codebookLayoutOf(tensor)));
      return shape ?? halfFault('a codeword', codebooks) ?? (scales && halfFault('a scale', scales.values));
    },
  },
  own: ALWAYS,
  codebook: {
    ...ALWAYS,
    tensor(tensor) {
      if (tensor.kind === 'sum') return SUM;
      if (tensor.kind !== 'codebook') return null;
      const { codebooks, codebookBits, scales } = tensor;
      const books = codebookBits === 16 ? halfFault('a codeword', codebooks) : null;
      return books ?? (scales?.bits === 16 ? halfFault('a scale', scales.values) : null);
    },
  },
};

/** Throws where layers differ in what a format says once for all of them. */
function checkAlike(format: WeightFormat, { options, steps = [] }: ExportedRow, once: readonly string[]): void {
  const rules = weightsStep({ steps })?.layers ?? [];
  const differing = once.find((name) =>
    rules.some((rule) => Object.hasOwn(rule.options ?? {}, name) && rule.options?.[name] !== options[name]),
  );
  const what = allocateStep({ steps }) ? 'bits' : differing;
  if (what === undefined) return;
  throw new StudioError(
    'QS-RECIPE-01',
    `The ${format} format says ${what} once for all layers, and this row's layers differ in that: export it as safetensors, or give all layers the same.`,
  );
}

/** Throws where scales have two levels: a format with one would lose the integers that they are for. */
function checkProgressive({ options }: ExportedRow): void {
  if (!scalarOptions(options).progressive) return;
  throw new StudioError(
    'QS-RECIPE-01',
    'The gptq format has one 16-bit scale a group, and progressive groups have an 8-bit one of a unit of their row: choose own, which keeps both, or safetensors.',
  );
}

function checkAqlm({ name, layout: stored }: Linear, layout: CodebookLayout): void {
  const { cols, dim, codewords, scales, signs } = layout;
  checkAqlmShape({
    ...{ name, cols, dim, codewords, signs },
    books: bookCount(layout),
    scalesPerRow: scales === null ? 0 : Math.ceil(cols / scales.block),
    linear: stored === 'out-in',
  });
}

const MAKES: Readonly<Record<FamilyId, string>> = {
  affine: 'codes on a grid',
  codebook: 'codebooks and indices',
  kept: 'weights as they were',
};

/** Formats that write weights as they decode, whatever they are sums of. */
const DENSE: ReadonlySet<WeightFormat> = new Set(['safetensors']);

const PARTS = { factors: 'low-rank factors', sparse: 'weights kept as they are' } as const;

/** Throws QS-RECIPE-01 where a format is not for what a row makes at all. */
function checkRow(format: WeightFormat, linears: readonly Linear[], row: ExportedRow): void {
  const { title, family } = faceOf(row.method);
  if (!FORMATS[format].families.includes(family)) {
    const others = formatsOf(family).join(', ');
    throw new StudioError(
      'QS-RECIPE-01',
      `The ${format} format cannot hold what ${title} makes, which is ${MAKES[family]}: choose ${others}.`,
    );
  }
  if (format !== 'own') {
    const acting = actingStep(row.steps ?? []);
    if (acting !== null) {
      throw new StudioError(
        'QS-RECIPE-01',
        `${acting} acts while the network runs, and the ${format} format says nothing of that: choose own, or leave the step out.`,
      );
    }
    checkSteps(format, linears, row.steps ?? []);
  }
  FITS[format].row(row);
}

/** The first step that acts while the network runs, in its words; null where all are in the weights. */
function actingStep(steps: readonly RecipeStep[]): string | null {
  const found = steps.find(({ step, options }) => STEP_FACES[step].exports?.(options) === 'own');
  return found ? STEP_FACES[found.step].words(found.options).join(' ') : null;
}

/** Throws QS-RECIPE-01 where a step stores what the format, or any ordinary checkpoint, has no place for. */
function checkSteps(format: WeightFormat, linears: readonly Linear[], steps: readonly RecipeStep[]): void {
  for (const { step } of steps) {
    const { title, parts = [], biases } = STEP_FACES[step];
    if (parts.length > 0 && !DENSE.has(format)) {
      const what = parts.map((part) => PARTS[part]).join(' and ');
      throw new StudioError(
        'QS-RECIPE-01',
        `The ${format} format cannot hold the ${what} that ${title} stores beside the codes: choose ${[...DENSE].join(', ')}, which writes their sum.`,
      );
    }
    const bare = biases === true ? linears.find(({ name, bias }) => bias === null && !isKept(name, steps)) : undefined;
    if (bare) throw new StudioError('QS-RECIPE-01', noBias(bare, title));
  }
}

function isKept(layer: string, steps: readonly RecipeStep[]): boolean {
  return ruleFor(weightsStep({ steps })?.layers, layer)?.keep === true;
}

/** Why a correction of a layer's bias is in no ordinary checkpoint. */
export function noBias({ name }: Pick<Linear, 'name'>, title: string): string {
  return `Layer ${quoted(name)} has no bias that ${title} could be added to, and no ordinary checkpoint gives it one: choose own, or leave the step out.`;
}

/** Throws where a layer is a convolution, whose order of weights only dense tensors say. */
function checkWindows(format: WeightFormat, { name, convolution }: Linear): void {
  if (!convolution || DENSE.has(format)) return;
  throw new StudioError(
    'QS-RECIPE-01',
    `Layer ${quoted(name)} is a convolution, and the ${format} format holds plain linear layers only: choose ${[...DENSE].join(', ')}.`,
  );
}

/** The layers of a row that a format cannot hold by their shapes, with the reason. Throws QS-RECIPE-01 where it is not for the row. */
export function unfitByShape(format: WeightFormat, linears: readonly Linear[], row: ExportedRow): Map<Linear, string> {
  checkRow(format, linears, row);
  const fits = (linear: Linear) => {
    checkWindows(format, linear);
    FITS[format].layer(linear, row);
  };
  const reasons = linears.map((linear) => [linear, sentenceOrNull(() => fits(linear))] as const);
  return new Map(reasons.flatMap(([linear, reason]) => (reason === null ? [] : [[linear, reason]])));
}

/** Why a layer as it came out cannot be held: a whole sentence without its end, or null. */
export function unfitTensor(format: WeightFormat, tensor: QuantizedTensor, linear: Linear): string | null {
  const fault = FITS[format].tensor(tensor, linear);
  if (fault === null) return null;
  return fault.startsWith('layer ') ? fault : `layer ${quoted(linear.name)} has ${fault} as ${format} stores it`;
}

/** Why a row cannot be exported in a format as it stands: the sentence for a menu, or null where nothing stands against it. */
export function refusal(format: WeightFormat, linears: readonly Linear[], row: ExportedRow): string | null {
  try {
    assertFormatFits(format, linears, row);
    return null;
  } catch (error) {
    if (isStudioError(error) && error.code === 'QS-RECIPE-01') return error.message;
    throw error;
  }
}

/** The formats that a row's family has and its options or shapes rule out, with the reason. */
export function refusals(linears: readonly Linear[], row: ExportedRow): Partial<Record<WeightFormat, string>> {
  const { family } = faceOf(row.method);
  const found: Partial<Record<WeightFormat, string>> = {};
  for (const format of formatsOf(family)) {
    const reason = refusal(format, linears, row);
    if (reason !== null) found[format] = reason;
  }
  return found;
}

/**
 * Refuses, before any work, a format that cannot hold a row's layers; with `keepUnfit`, only where it could hold none of them.
 * Throws QS-RECIPE-01.
 */
export function assertFormatFits(
  format: WeightFormat,
  linears: readonly Linear[],
  row: ExportedRow,
  keepUnfit = false,
): void {
  const unfit = unfitByShape(format, linears, row);
  if (unfit.size === 0 || (keepUnfit && unfit.size < linears.length)) return;
  const [[, reason]] = unfit;
  throw new StudioError('QS-RECIPE-01', unfit.size < linears.length ? wayOut(reason, unfit.size) : reason);
}

/** A reason, and what can be done about it. */
export function wayOut(reason: string, layers = 1): string {
  const more = layers > 1 ? ` (and so it is with ${layers - 1} more layer${layers > 2 ? 's' : ''})` : '';
  return `${reason}${more}; or keep unfit layers (--keep-unfit): they are then written dense and named as not quantized`;
}

/** What is to be said of a finished layer that formats of its family cannot hold; null where all can. */
export function exportNote(tensor: QuantizedTensor, linear: Linear, family: FamilyId): string | null {
  // Of rows with steps that store such, all was said before.
  if (tensor.kind === 'sum') return null;
  const notes = WEIGHT_FORMATS.filter((format) => FORMATS[format].families.includes(family)).flatMap((format) => {
    // Shapes were judged in the plan.
    const fault = FITS[format].tensor(tensor, linear);
    return fault === null || fault.startsWith('layer ') ? [] : [{ format, fault }];
  });
  if (notes.length === 0) return null;
  const formats = notes.map(({ format }) => format).join(' and ');
  return `The ${formats} format cannot hold this layer: ${notes[0].fault}. Export it with unfit layers kept dense (--keep-unfit), or as safetensors.`;
}

function sentenceOrNull(check: () => void): string | null {
  try {
    check();
    return null;
  } catch (error) {
    if (isStudioError(error) && error.code === 'QS-RECIPE-01') return error.message;
    throw error;
  }
}
