/** Progress: a bar that fits every width, lines where there is no terminal, nothing where nothing is wanted. */
import { describe, expect, it } from 'vitest';
import type { LayerResult, Plan, RunEvent } from '../../run/events';
import type { RunRow } from '../../recipe/rows';
import { duration, durations, Estimate } from './estimate';
import { RunProgress } from './progress';
import { cut, Screen } from './screen';

const LAYERS = 4;
const rows: RunRow[] = ['RTN 3-bit', 'GPTQ 3-bit g64'].map((label, row) => {
  return {
    row,
    method: row === 0 ? 'rtn' : 'gptq',
    options: {},
    steps: [],
    view: 0,
    label,
    baseline: row === 0,
    from: row,
  };
});
const plan = {
  layers: Array.from({ length: LAYERS }, (_, index) => ({
    index,
    name: `layer.${index}`,
    block: 0,
    rows: 8,
    cols: 16,
  })),
  rows: rows.map(({ row, method, label, baseline }) => ({ row, method, label, baseline, bitsPerWeight: 3 })),
  calibrationTokens: 10,
  seconds: [4, 8],
} as unknown as Plan;

function done(row: number, layer: number, more: Partial<LayerResult> = {}): RunEvent {
  const errors = { weight: 0.5, hessian: null, output: 0.0123, heldOutOutput: null };
  const result = {
    row,
    layer,
    name: `layer.${layer}`,
    errors,
    bitsPerWeight: 3,
    milliseconds: 1,
    status: 'done' as const,
  };
  return { type: 'layer-done', result: { ...result, note: null, damping: null, ...more } };
}

/** What a terminal shows in the end, and what it was ever asked to write. */
class FakeTerminal {
  readonly isTTY: boolean;
  written = '';
  lines: string[] = [''];

  constructor(
    tty: boolean,
    public columns: number,
  ) {
    this.isTTY = tty;
  }

  write(text: string): void {
    this.written += text;
    for (const [token] of text.matchAll(/\x1b\[(\d+)A|\x1b\[J|\r|\n|[^\x1b\r\n]+/g)) {
      const up = /\[(\d+)A/.exec(token);
      if (up) this.lines.splice(this.lines.length - 1 - Number(up[1]), Infinity, '');
      else if (token === '\n') this.lines.push('');
      else if (token !== '\r' && token !== '\x1b[J') this.lines[this.lines.length - 1] += token;
    }
  }
}

function driven(terminal: FakeTerminal, silent = false, environment: Record<string, string> = {}) {
  const clock = { now: 0 };
  const screen = new Screen(terminal, silent, environment);
  const progress = new RunProgress({ plan, rows }, screen, () => clock.now);
  return { progress, clock, screen };
}

describe('on a terminal', () => {
  it.each([200, 80, 60, 44, 30, 12, 5])(
    'of %i columns no line is wider, and what is drawn is taken back',
    (columns) => {
      const terminal = new FakeTerminal(true, columns);
      const { progress, clock } = driven(terminal);
      progress.note({ type: 'stage', stage: 'hessian', block: 0, detail: 'a very long name of a layer '.repeat(8) });
      for (let layer = 0; layer < LAYERS; layer++) {
        for (const { row } of rows) {
          clock.now += 1000;
          progress.note(done(row, layer));
          for (const line of terminal.lines) expect([...line].length, line).toBeLessThan(columns);
          expect(terminal.lines.length).toBeLessThanOrEqual(3);
        }
      }
      progress.close();
      expect(terminal.lines).toEqual(['']);
    },
  );

  it('shows layer, errors, elapsed and remaining time, without colour', () => {
    const terminal = new FakeTerminal(true, 120);
    const { progress, clock } = driven(terminal);
    progress.note({ type: 'plan', plan });
    expect(terminal.lines[0]).toContain('layer 0/4, 0 s so far, 4 s to 8 s left');
    for (const { row } of rows) {
      clock.now += 1500;
      progress.note(done(row, 0));
    }
    expect(terminal.lines[0]).toBe('[======------------------] layer 1/4, 3 s so far, about 9 s left');
    expect(terminal.lines[1]).toBe('errors: RTN 3-bit 1.23e-2, GPTQ 3-bit g64 1.23e-2');
    // No escape but those that move and erase.
    expect(terminal.written.replaceAll(/\x1b\[\d+A|\x1b\[J/g, '')).not.toContain('\x1b');
  });

  it('keeps notices, and notes of layers, above the bar', () => {
    const terminal = new FakeTerminal(true, 120);
    const { progress } = driven(terminal);
    progress.note(done(0, 0, { note: 'It was rounded.', status: 'rounded' }));
    progress.note({ type: 'notice', code: 'QS-RUN-02', sentence: 'Another adapter.' });
    progress.close();
    expect(terminal.lines).toEqual([expect.stringContaining('It was rounded.'), 'Another adapter.', '']);
  });

  it('says an error that there is none of as not available', () => {
    const terminal = new FakeTerminal(true, 120);
    const { progress } = driven(terminal);
    progress.note(done(0, 0, { errors: { weight: NaN, hessian: null, output: null, heldOutOutput: null } }));
    expect(terminal.lines[1]).toContain('RTN 3-bit not available');
    progress.close();
  });

  it('counts what was restored as done, but not as fast', () => {
    const restored = new Estimate(plan, 0);
    for (const { row } of rows) restored.note(row, true);
    expect(restored.share).toBe(2 / 8);
    expect(restored.remaining(10)).toEqual([3, 6]);
    restored.note(2, false);
    expect(restored.remaining(1000)).toEqual([5, 5]);
  });
});

describe('elsewhere', () => {
  it.each([
    ['no terminal', new FakeTerminal(false, 80), {}],
    ['a dumb one', new FakeTerminal(true, 80), { TERM: 'dumb' }],
  ] as const)('(%s) there is a line a layer', (_, terminal, environment) => {
    const { progress } = driven(terminal, false, environment);
    for (const { row } of rows) progress.note(done(row, 0));
    progress.close();
    expect(terminal.lines).toHaveLength(rows.length + 1);
    expect(terminal.lines[1]).toMatch(/^GPTQ 3-bit g64\s+layer\.0\s+1\.230e-2$/);
    expect(terminal.written).not.toContain('\x1b');
  });

  it('with --json there is nothing', () => {
    const terminal = new FakeTerminal(true, 80);
    const { progress, screen } = driven(terminal, true);
    progress.note(done(0, 0, { note: 'It was rounded.' }));
    screen.say('a note');
    progress.close();
    expect(terminal.written).toBe('');
  });
});

it.each([
  [0.2, '0 s'],
  [59.4, '59 s'],
  [60, '1 min 00 s'],
  [3599, '59 min 59 s'],
  [7500, '2 h 05 min'],
])('%d seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

it('a range of one figure is said once', () => {
  expect(durations([3, 3.2])).toBe('about 3 s');
  expect(durations([3, 5])).toBe('3 s to 5 s');
});

it('a text is cut to a width, whole characters at a time', () => {
  expect(cut('α2 = 0.25', 4)).toBe('α2 …');
  expect(cut('🙂🙂🙂', 2)).toBe('🙂…');
  expect(cut('abc', 3)).toBe('abc');
  expect(cut('abc', 0)).toBe('');
});
