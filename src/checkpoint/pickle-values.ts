/**
 * What an inert pickle machine builds: plain values, containers, and names that stand for Python objects without being them.
 * Dictionaries are Maps, so that a key called "__proto__" is a key.
 */

export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PyTuple
  | PyList
  | PyDict
  | PySet
  | PyName
  | Opaque;

export class PyTuple {
  constructor(readonly items: readonly Value[]) {}
}

export class PyList {
  readonly items: Value[] = [];
}

export class PyDict {
  readonly entries = new Map<Value, Value>();
}

/** Its items are of no use to a checkpoint. */
export class PySet {
  readonly left = 'out';
}

/** A class or function a pickle may name: "collections.OrderedDict". */
export class PyName {
  constructor(readonly path: string) {}
}

/** An object that a policy made; the machine only passes it on. */
export abstract class Opaque {
  protected readonly opaque = true;
}

/** An object of an allowed class: never made, only its class, arguments and state remembered. */
export class PyObject extends Opaque {
  state: Value = null;

  constructor(
    readonly path: string,
    readonly args: readonly Value[],
  ) {
    super();
  }
}
