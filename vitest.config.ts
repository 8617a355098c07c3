import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const TESTS = ['src/**/*.test.ts', 'src/**/*.test.tsx', 'scripts/**/*.test.ts'];

/** The files that take longest, the longest first: begun late, one of them would run on alone beside an idle core. */
const LONGEST = [
  'src/run/stories.test.ts',
  'src/run/plan-bytes.test.ts',
  'src/run/allocation.test.ts',
  'src/step/split/splits.test.ts',
  'src/step/transform/affine.test.ts',
  'src/cli/interrupted.test.ts',
  'src/run/driver.test.ts',
  'src/run/training-run.test.ts',
  'src/run/guard.test.ts',
  'src/run/resnet-run.test.ts',
  'src/run/papers.test.ts',
  'src/testing/portability/portability.test.ts',
  'src/cli/cli.test.ts',
  'src/checkpoint/archives.fuzz.test.ts',
  'src/method/gptvq.test.ts',
  'src/step/activations/activations.test.ts',
  'src/run/nan-table.test.ts',
  'src/model/sample.test.ts',
  'src/step/correct/norm-tweak.test.ts',
];

/** Files that put another module in the place of one of the engine's (vi.mock), which no other file may then meet. */
const APART = ['src/worker/curve-keeper.test.ts', 'src/worker/figures-keeper.test.ts'];

/**
 * Files apart, then those that take longest, then the others. A process that runs files together ends where the next file is one apart,
 * and with it go its compiled kernels: so those come before all.
 */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const order = [...APART, ...LONGEST];
    const placeOf = ({ moduleId }: TestSpecification) => {
      const place = order.findIndex((file) => moduleId.endsWith(file));
      return place < 0 ? order.length : place;
    };
    return sorted.sort((a, b) => placeOf(a) - placeOf(b));
  }
}

export default defineConfig({
  test: {
    environment: 'node',
    setupFiles: ['src/gpu/testing/setup.ts', 'src/testing/equal-arrays.ts'],
    // Dawn is a native addon: child processes, not threads. Each keeps its devices with their compiled kernels, and the engine's
    // modules, which have no state of their own, for all files that it runs (src/gpu/testing/gpus.ts): both cost more than most tests.
    pool: 'forks',
    // One more than cores: each waits a fifth of its time for the software GPU's own threads.
    maxWorkers: 3,
    // What a file puts in a function's place (vi.spyOn) is gone before the next test.
    restoreMocks: true,
    projects: [
      {
        extends: true,
        test: { name: 'together', isolate: false, include: TESTS, exclude: [...configDefaults.exclude, ...APART] },
      },
      { extends: true, test: { name: 'apart', isolate: true, include: APART } },
    ],
    sequence: { sequencer: LongestFirst },
    // Only what hangs takes so long, on however busy a machine.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
