import { describe, expect, it } from 'vitest';
import { idleRules, likelyPatterns, reachOf, type LayerRule } from './layer-rules';

const NAMES = ['model.layers.0.q', 'model.layers.0.down', 'model.layers.1.q', 'model.layers.1.down', 'lm_head'];
const rules = (...patterns: string[]) => patterns.map((match): LayerRule => ({ match, keep: true }));

describe('how far rules reach', () => {
  it('is counted with stars and without, and less what rules before have', () => {
    expect(reachOf(rules('*.down', 'model.layers.0.*', 'model.layers.0.q', '*.gate', '*'), NAMES)).toEqual([
      { layers: 2, own: 2 },
      { layers: 2, own: 1 },
      { layers: 1, own: 0 },
      { layers: 0, own: 0 },
      { layers: 5, own: 2 },
    ]);
    expect(reachOf([], NAMES)).toEqual([]);
  });

  it('says which match nothing', () => {
    expect(idleRules(rules('*.down', 'lm_head', 'lm_hea', '*.gate'), NAMES)).toEqual(['lm_hea', '*.gate']);
  });
});

describe('likely patterns', () => {
  it('are the last parts of names and whole blocks, those of the most layers first', () => {
    expect(likelyPatterns(NAMES)).toEqual(['*.q', 'model.layers.0.*', '*.down', 'model.layers.1.*', 'lm_head']);
    expect(likelyPatterns([])).toEqual([]);
    // Each of them matches what it was made of.
    for (const { layers } of reachOf(rules(...likelyPatterns(NAMES)), NAMES)) expect(layers).toBeGreaterThan(0);
  });
});
