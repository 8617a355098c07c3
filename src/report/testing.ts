/** Results with whatever a person may have typed, or an enemy, in every place where words stand. */
import { fakeResult } from '../app/testing/fake-figures';
import type { RunResult } from '../run/events';

export const HOSTILE = [
  '=HYPERLINK("http://x","y")',
  "@SUM(1+1)*cmd|' /C calc'!A0",
  '\\input{/etc/passwd} $x^2_3$ #1 & 50% ~{}',
  '</text><script>alert(1)</script><!--',
  ']]></metadata>"\' onload="x',
  '| a | [b](javascript:alert) `c` **d** <img src=x>',
  'line one\nline two\r\n\t-3 \u0000\u0007',
  'lone \ud800 surrogate, α → 4 ÷ 2',
] as const;

/** Row i is called `HOSTILE[i]`, layers, model, adapter and labels are called by others of them. */
export function hostileResult(): RunResult {
  const result = fakeResult();
  const name = (i: number) => HOSTILE[i % HOSTILE.length];
  return {
    ...result,
    model: { ...result.model, name: name(3), architecture: name(4), fingerprint: name(5) },
    adapter: name(5),
    date: name(6),
    plan: {
      ...result.plan,
      calibrationLabel: name(2),
      heldOutLabel: name(0),
      notes: [...HOSTILE],
      rows: result.plan.rows.map((row, i) => ({ ...row, label: `${name(i * 2)} ${name(i * 2 + 1)}` })),
      layers: result.plan.layers.map((layer, i) => ({ ...layer, name: name(i) })),
    },
    layers: result.layers.map((layer) => ({ ...layer, name: name(layer.layer) })),
  };
}
