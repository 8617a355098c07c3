/** The command line as a process: the engine of the page on Dawn in Node, results on stdout, the rest on stderr. */
import { openDawn } from './dawn';
import { EXITS } from './exit-codes';
import { Interruption } from './interrupt';
import { runProgram } from './program';

const interruption = new Interruption((code) => process.exit(code));
interruption.listen(process);
const exit = await runProgram(process.argv.slice(2), {
  print: (text) => console.log(text),
  terminal: process.stderr,
  openGpu: openDawn,
  closeGpu: (gpu) => gpu.destroy(),
  interruption,
});
// Dawn keeps the process alive, so it is left on purpose, after stdout has drained.
process.stdout.write('', () => process.exit(EXITS[exit].code));
