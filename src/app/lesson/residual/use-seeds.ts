/** All seeds of the strip, computed in pieces of a few milliseconds, so that steps and sliders stay quick meanwhile. */
import { useEffect, useState } from 'react';
import type { LayerPiece } from '../../../lesson/layer-data';
import { SEEDS } from '../../../lesson/cut';
import { seedErrors, type SeedErrors, type SeedSettings } from '../../../lesson/residual/seeds';

/** Of computing at once, and of rest before the next piece. */
const PIECE_MS = 12;
const REST_MS = 4;
/** Seeds between two drawings. */
const SHOWN_EVERY = 20;

export function useSeeds(piece: LayerPiece, { bits, group, alpha, alpha2 }: SeedSettings): readonly SeedErrors[] {
  const key = `${bits} ${group} ${alpha} ${alpha2}`;
  const [found, setFound] = useState<{ key: string; errors: readonly SeedErrors[] }>({ key, errors: [] });
  useEffect(() => {
    const work = seedErrors(piece, { bits, group, alpha, alpha2 });
    const errors: SeedErrors[] = [];
    let shown = 0;
    const go = () => {
      const until = performance.now() + PIECE_MS;
      do {
        const next = work.next();
        if (next.done) break;
        errors.push(next.value);
      } while (performance.now() < until);
      if (errors.length - shown >= SHOWN_EVERY || errors.length === SEEDS) {
        shown = errors.length;
        setFound({ key, errors: errors.slice() });
      }
      if (errors.length < SEEDS) timer = setTimeout(go, REST_MS);
    };
    // A slider that is still moving asks for nothing yet.
    let timer = setTimeout(go, 150);
    return () => clearTimeout(timer);
  }, [piece, key, bits, group, alpha, alpha2]);
  return found.key === key ? found.errors : NONE;
}

const NONE: readonly SeedErrors[] = [];
