import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const TESTS = ['src/**/*.test.ts', 'src/**/*.test.tsx', 'scripts/**/*.test.ts'];

const LONGEST = [
  'src/run/stories.test.ts',
  'src/testing/portability/portability.test.ts',
  'src/cli/cli.test.ts',
  'src/run/training-run.test.ts',
  'src/run/nan-table.test.ts',
  'src/checkpoint/archives.fuzz.test.ts',
  'src/run/plan-bytes.test.ts',
  'src/cli/interrupted.test.ts',
];

/** Files that put another module in the place of one of the engine's (vi.mock), which no other file may then meet. */
const APART = ['src/worker/curve-keeper.test.ts', 'src/worker/figures-keeper.test.ts'];

/** The test files that take longest go first, so that the others run beside them and not before them. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLongest = ({ moduleId }: TestSpecification) => LONGEST.some((file) => moduleId.endsWith(file));
    return [...sorted.filter(isLongest), ...sorted.filter((file) => !isLongest(file))];
  }
}

export default defineConfig({
  test: {
    environment: 'node',
    setupFiles: ['src/gpu/testing/setup.ts'],
    // Dawn is a native addon: child processes, not threads. Each keeps its devices with their compiled kernels, and the engine's
    // modules, which have no state of their own, for all files that it runs (src/gpu/testing/gpus.ts): both cost more than most tests.
    pool: 'forks',
    maxWorkers: 2,
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
