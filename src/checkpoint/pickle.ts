/**
 * An inert pickle machine: it reads Python's serialization (Lib/pickletools.py, PEP 307, PEP 3154) as the data it is and runs nothing.
 * A name in the file becomes a marker, or is refused, by a policy; calling a marker asks the policy too, which only ever makes plain
 * values. Every opcode is bounded: in number, in the objects it makes, in the depth of the stack, in the size of what it holds.
 * Which names a checkpoint may hold is not known here (pytorch-names.ts).
 */
import { HANDLERS } from './pickle-handlers';
import { Machine, type PickleFailures, type PicklePolicy } from './pickle-machine';
import type { Value } from './pickle-values';

export { PICKLE_LIMITS, type Fail, type PickleFailures, type PicklePolicy } from './pickle-machine';

/** The value of the pickle that begins at `begin`, and where it ends. */
export function runPickle(
  bytes: Uint8Array,
  begin: number,
  policy: PicklePolicy,
  failures: PickleFailures,
): { value: Value; end: number } {
  const machine = new Machine(bytes, begin, policy, failures);
  while (!machine.stopped) {
    const { name, argument } = machine.opcode();
    const value = machine.argument(argument);
    const handler = HANDLERS.get(name) ?? machine.fail(`the opcode ${name} has no place in a checkpoint`);
    handler(machine, value);
  }
  return { value: machine.result(), end: machine.at };
}
