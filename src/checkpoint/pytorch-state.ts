/**
 * Which tensors of a PyTorch file are the model: a state dict, or one inside a training checkpoint beside optimizer and arguments.
 * The choice, what else was found and what was left out are recorded, so that nothing is passed over in silence.
 */
import { PyDict, PyList, PyName, PyObject, PyTuple, type Value } from './pickle-values';
import { TorchTensor } from './pytorch-names';
import { grouped, quoted } from './wording';

/**
 * Where training scripts keep the model, the best first. "ema" is what facebookresearch/DiT's own download code takes; elsewhere the
 * averaged weights have longer names, and the model's own come first.
 */
const STATE_KEYS = ['ema', 'model', 'state_dict', 'model_state_dict', 'module', 'net', 'model_ema', 'ema_state_dict'];

/** Tensors of these are a training's, not a model's. */
const NOT_WEIGHTS =
  /^(?:opt|optim|optimizers?|lr_?scheduler|scheduler|scaler|loss_scaler|amp|callbacks?|rng)(?:_?states?)?(?:_?dict)?$|^optimizer/i;

/** In front of every name where a model was saved inside a wrapper (DataParallel; torch.compile). */
const WRAPPERS = ['module.', '_orig_mod.'];

const DEEPEST = 8;
const MOST_TENSORS = 200_000;
const MOST_VISITS = 2_000_000;
const LONGEST_NOTE = 4096;
const LONGEST_NAME = 1024;
/** Values said to be left out, of which there may be millions. */
const MOST_SAID = 100;
/** Values noted as JSON. */
const MOST_PLAIN = 1000;

export interface TorchState {
  readonly tensors: ReadonlyMap<string, TorchTensor>;
  /**
   * What was decided: pytorch.chosen (the keys that lead to the model), pytorch.also_found, pytorch.skipped, pytorch.stripped_prefix.
   * Plain values beside the model, a training's arguments or a config, are there as JSON: pytorch.value.args.
   */
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * @param root what the pickle holds
 * @param ownName the name of a tensor that is saved alone
 * @param fail takes what is wrong
 */
export function modelState(root: Value, ownName: string, fail: (what: string) => never): TorchState {
  const metadata = new Map<string, string>();
  const note = (key: string, text: string) => {
    if (text !== '') metadata.set(`pytorch.${key}`, text.slice(0, LONGEST_NOTE));
  };
  let state = root;
  const path: string[] = [];
  const others: string[] = [];
  while (state instanceof PyDict && path.length < DEEPEST) {
    const key = stateKey(state);
    if (key === null) break;
    for (const [other, value] of state.entries) {
      if (other === key) continue;
      if (others.length === MOST_SAID) break;
      others.push(`${textOf(other)} (${kindOf(textOf(other), value)})`);
      const plain = NOT_WEIGHTS.test(textOf(other)) ? null : plainJson(value);
      if (plain !== null && plain.length <= LONGEST_NOTE) note(`value.${textOf(other)}`, plain);
    }
    path.push(key);
    state = state.entries.get(key) ?? null;
  }
  note('chosen', path.join('.'));
  note('also_found', others.join(', '));
  const found = new Collector(ownName, fail);
  found.collect(state, '', 0);
  note('skipped', found.skipped.join(', '));
  const wrapper = wrapperOf([...found.tensors.keys()]);
  note('stripped_prefix', wrapper);
  const tensors = new Map([...found.tensors].map(([name, tensor]) => [name.slice(wrapper.length), tensor]));
  return { tensors, metadata };
}

/** The key of the dictionary under which the model is; null when it holds the tensors itself. */
function stateKey({ entries }: PyDict): string | null {
  return STATE_KEYS.find((key) => holdsTensors(entries.get(key) ?? null, { left: MOST_VISITS })) ?? null;
}

/** True for a dictionary with tensors in it or in a dictionary of it; gives up after as many values as are left to visit. */
function holdsTensors(value: Value, visits: { left: number }, depth = 0): boolean {
  if (value instanceof TorchTensor) return depth > 0;
  if (!(value instanceof PyDict) || depth > 2) return false;
  for (const each of value.entries.values()) {
    if (--visits.left < 0) return false;
    if (holdsTensors(each, visits, depth + 1)) return true;
  }
  return false;
}

/** Gathers tensors out of nested dictionaries and lists; their names are joined with dots. */
class Collector {
  readonly tensors = new Map<string, TorchTensor>();
  readonly skipped: string[] = [];
  #visits = 0;

  constructor(
    private readonly ownName: string,
    private readonly fail: (what: string) => never,
  ) {}

  collect(value: Value, name: string, depth: number): void {
    // What is shared is visited often, and a list may hold itself.
    if (++this.#visits > MOST_VISITS) this.fail(`it holds more than ${grouped(MOST_VISITS)} values`);
    if (value instanceof TorchTensor) this.#add(depth === 0 ? this.ownName : name, value);
    else if (depth === DEEPEST) this.#skip(`${name} (${kindOf('', value)})`);
    else if (value instanceof PyDict) this.#each(value.entries, name, depth);
    else if (value instanceof PyList || value instanceof PyTuple) this.#each(value.items.entries(), name, depth);
    else this.#skip(`${name} (${kindOf(name, value)})`);
  }

  #each(entries: Iterable<[Value, Value]>, name: string, depth: number): void {
    for (const [key, value] of entries) {
      const part = textOf(key);
      if (name.length + part.length > LONGEST_NAME)
        this.fail(`the name ${quoted(part)} is longer than ${LONGEST_NAME} characters`);
      const inner = depth === 0 ? part : `${name}.${part}`;
      if (NOT_WEIGHTS.test(part) && !(value instanceof TorchTensor)) this.#skip(`${inner} (${kindOf(part, value)})`);
      else this.collect(value, inner, depth + 1);
    }
  }

  #add(name: string, tensor: TorchTensor): void {
    if (this.tensors.has(name)) this.fail(`two of its tensors are named ${quoted(name)}`);
    if (this.tensors.size === MOST_TENSORS) this.fail(`it has more than ${MOST_TENSORS} tensors`);
    this.tensors.set(name, tensor);
  }

  #skip(what: string): void {
    if (this.skipped.length < MOST_SAID) this.skipped.push(what);
  }
}

/** The wrapper's prefix when every name has it, else ''. */
function wrapperOf(names: readonly string[]): string {
  const prefix = WRAPPERS.find((each) => names.length > 0 && names.every((name) => name.startsWith(each)));
  return prefix === undefined ? '' : prefix + wrapperOf(names.map((name) => name.slice(prefix.length)));
}

function textOf(key: Value): string {
  if (typeof key === 'string') return key.length > LONGEST_NAME ? `${key.slice(0, LONGEST_NAME)}…` : key;
  if (typeof key === 'number' || typeof key === 'bigint' || typeof key === 'boolean') return String(key);
  return kindOf('', key);
}

/** What a value is, in two words. */
function kindOf(name: string, value: Value): string {
  if (NOT_WEIGHTS.test(name)) return 'training state, left out';
  if (value instanceof PyDict) {
    const tensors = [...value.entries.values()].filter((each) => each instanceof TorchTensor).length;
    return tensors > 0 ? `${tensors} tensors` : 'dictionary';
  }
  if (value instanceof PyObject || value instanceof PyName) return value.path;
  if (value instanceof TorchTensor) return 'tensor';
  if (value === null) return 'None';
  return typeof value === 'object' ? 'values' : typeof value;
}

/**
 * Plain values as JSON (the arguments of a training, the config of a model), without those of their fields that are not plain; null
 * for anything else, and for more than anybody reads.
 */
function plainJson(value: Value): string | null {
  let visits = 0;
  const plain = (each: Value, depth: number): unknown => {
    if (depth > DEEPEST || ++visits > MOST_PLAIN) throw TOO_MUCH;
    if (each instanceof PyTuple || each instanceof PyList) {
      return each.items.slice(0, MOST_PLAIN).map((item) => plain(item, depth + 1));
    }
    const fields = each instanceof PyObject ? each.state : each;
    if (fields instanceof PyDict) {
      if (fields.entries.size > MOST_PLAIN) throw TOO_MUCH;
      const entries = [...fields.entries].map(([key, item]): [string, unknown] => [
        textOf(key),
        plain(item, depth + 1),
      ]);
      return entries.some(([, item]) => item !== undefined) ? Object.fromEntries(entries) : undefined;
    }
    if (typeof each === 'string' && each.length > LONGEST_NOTE) throw TOO_MUCH;
    const isPlain = each === null || (typeof each !== 'object' && typeof each !== 'bigint');
    return isPlain ? each : undefined;
  };
  try {
    return JSON.stringify(plain(value, 0)) ?? null;
  } catch (error) {
    if (error === TOO_MUCH) return null;
    throw error;
  }
}

const TOO_MUCH = new Error('more values than anybody reads');
