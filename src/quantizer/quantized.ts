/**
 * A quantized weight matrix in any of its forms, and what every form can be asked: its values, and what it takes in storage. A new form
 * is its file beside this one and a line in the table.
 */
import { affineFault, affineIsZero, affineLedger, decodeAffine, layoutOf } from './affine';
import { codebookFault, codebookIsZero, codebookLayoutOf, codebookLedger, decodeCodebook } from './codebook';
import { decodeFactors, factorsAreZero, factorsFault, factorsLedger } from './factors';
import type { Ledger } from './ledger';
import { decodeSparse, sparseFault, sparseIsZero, sparseLayoutOf, sparseLedger } from './sparse';
import { decodeSum, sumFault, sumLedger, type QuantizedPart, type SumTensor } from './sum';

export type { QuantizedPart, SumTensor } from './sum';

export type QuantizedTensor = QuantizedPart | SumTensor;

export type TensorKind = QuantizedTensor['kind'];

interface Form<T> {
  decode(tensor: T): Float32Array<ArrayBuffer>;
  ledger(tensor: T): Ledger;
  /** What is wrong, completing "its …"; null when nothing is. */
  fault(tensor: T): string | null;
  /** Whether every value is zero; ends at the first that is not. */
  zero(tensor: T): boolean;
}

const FORMS: { readonly [K in TensorKind]: Form<Extract<QuantizedTensor, { kind: K }>> } = {
  affine: {
    decode: decodeAffine,
    ledger: (tensor) => affineLedger(layoutOf(tensor)),
    fault: affineFault,
    zero: affineIsZero,
  },
  codebook: {
    decode: decodeCodebook,
    ledger: (tensor) => codebookLedger(codebookLayoutOf(tensor)),
    fault: codebookFault,
    zero: codebookIsZero,
  },
  factors: { decode: decodeFactors, ledger: factorsLedger, fault: factorsFault, zero: factorsAreZero },
  sparse: {
    decode: decodeSparse,
    ledger: (tensor) => sparseLedger(sparseLayoutOf(tensor)),
    fault: sparseFault,
    zero: sparseIsZero,
  },
  sum: {
    decode: (tensor) => decodeSum(tensor, decodeQuantized),
    ledger: (tensor) => sumLedger(tensor, ledger),
    fault: (tensor) => sumFault(tensor, quantizedFault),
    zero: (tensor) => tensor.parts.every(isAllZero) || decodeSum(tensor, decodeQuantized).every((value) => value === 0),
  },
};

/** The values, rows × cols; equal to the GPU's decode bit for bit. */
export function decodeQuantized(tensor: QuantizedTensor): Float32Array<ArrayBuffer> {
  return formOf(tensor).decode(tensor);
}

/** What the tensor takes in storage, to the bit. */
export function ledger(tensor: QuantizedTensor): Ledger {
  return formOf(tensor).ledger(tensor);
}

/** Whether every value is zero. */
export function isAllZero(tensor: QuantizedTensor): boolean {
  return formOf(tensor).zero(tensor);
}

/** What is wrong with a value that should be a quantized tensor, completing "its …"; null when nothing is. */
export function quantizedFault(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return 'codes are missing';
  const { kind } = value as { kind?: unknown };
  if (typeof kind !== 'string') return `form is of type ${typeof kind}`;
  if (!Object.hasOwn(FORMS, kind)) return `form is ${kind.replace(/\p{C}/gu, '\ufffd').slice(0, 40)}`;
  const tensor = value as QuantizedTensor;
  return formOf(tensor).fault(tensor);
}

function formOf(tensor: QuantizedTensor): Form<QuantizedTensor> {
  // Each form is only ever asked about tensors of its own kind.
  return FORMS[tensor.kind];
}
