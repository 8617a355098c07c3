/** Rotation: the offline part as a view (model/view/rotation.ts), the online part as operations of that view (model/view/online.ts). */
import { withHeadTransforms, withInnerTransforms } from '../../model/view/online';
import { rotated, type RotationOptions } from '../../model/view/rotation';
import type { TransformStep } from '../step';
import { onlinePlaces } from './rotate.face';

export const rotate: TransformStep = {
  async apply(view, options) {
    const { matrix, seed, heads } = options as unknown as RotationOptions;
    const places = onlinePlaces(options);
    let turned = await rotated(view, { matrix, seed, heads });
    if (places.includes('down')) turned = withInnerTransforms(turned);
    return places.includes('head') ? withHeadTransforms(turned) : turned;
  },
};
