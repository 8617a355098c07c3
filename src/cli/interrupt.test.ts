/** Ctrl-C: at a safe point where there is one, at once where not or when asked again. */
import { describe, expect, it } from 'vitest';
import { Interruption } from './interrupt';

function interruption() {
  const left: number[] = [];
  const clock = { now: 0 };
  const made = new Interruption(
    (code) => left.push(code),
    () => clock.now,
  );
  return { made, left, clock };
}

describe('a signal', () => {
  it('ends the program at once where nothing can be finished', () => {
    const { made, left } = interruption();
    made.note('SIGINT');
    expect(left).toEqual([130]);
  });

  it('stops work at a safe point, and a second one at once', async () => {
    const { made, left, clock } = interruption();
    const asked: string[] = [];
    await made.during(
      (exit) => asked.push(exit),
      async () => {
        made.note('SIGTERM');
        // The same signal once more, by way of the parent.
        clock.now = 10;
        made.note('SIGTERM');
        expect(left).toEqual([]);
        clock.now = 5000;
        made.note('SIGINT');
      },
    );
    expect(asked).toEqual(['terminated']);
    expect(left).toEqual([143]);
    expect(made.asked).toBe('terminated');
  });

  it('after the work ends the program', async () => {
    const { made, left } = interruption();
    await made.during(
      () => undefined,
      () => Promise.resolve(),
    );
    made.note('SIGINT');
    expect(left).toEqual([130]);
  });
});
