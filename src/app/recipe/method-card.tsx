/** The card of a method that quantizes weights. */
import type { MethodFace } from '../../method/face';
import * as format from '../format';
import { FaceCard } from './face-card';
import { recipeWords } from './recipe-screen-words';

const { card } = recipeWords;

export function MethodCard({ face }: { face: MethodFace }) {
  const { needs, family } = face;
  const wants = [
    needs.hessian ? card.hessian : '',
    needs.drift ? card.drift : '',
    needs.networks ? card.networks : '',
  ].filter(Boolean);
  const none = 'lookup' in face.parameters ? card.onlyLookup : card.nothing;
  return <FaceCard face={face} needs={format.clauses(wants) || none} stores={card.families[family]} />;
}
