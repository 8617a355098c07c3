/** The methods that train, as the table has them: whole blocks where the host can run them, else one layer by the proxy. */
import { StudioError } from '../../base/errors';
import { faceOf } from '../catalogue';
import '../listed';
import { type MethodId } from '../face';
import type { Method } from '../layer';
import type { Trainer } from '../training';
import { trainAdaround } from './adaround';
import { trainAutoround } from './autoround';
import { trainBlockAp, trainLsq } from './learned-steps';
import { trainOmniquant } from './omniquant';
import { quantizeByProxy } from './proxy';
import { trainSerialToParallel } from './serial-to-parallel';
import { trainSsvq } from './ssvq';
import { trainVimvq } from './vimvq';
import { trainVq4all } from './vq4all';
import { trainVq4dit } from './vq4dit';

export const vq4dit = trained('vq4dit', trainVq4dit);
export const ssvq = trained('ssvq', trainSsvq);
export const vimvq = trained('vimvq', trainVimvq);
export const vq4all = trained('vq4all', trainVq4all);
export const adaround = trained('adaround', trainAdaround);
export const autoround = trained('autoround', trainAutoround);
export const blockAp = trained('block_ap', trainBlockAp);
export const omniquant = trained('omniquant', trainOmniquant);
export const lsq = trained('lsq', trainLsq);

export const serialToParallel: Method = {
  face: faceOf('serial_to_parallel'),
  train: trainSerialToParallel,
  quantize() {
    const sentence =
      'Serial-to-Parallel trains a diffusion network along what it samples, and here is one layer by itself: choose a method that goes layer by layer.';
    return Promise.reject(new StudioError('QS-RECIPE-01', sentence));
  },
};

function trained(id: MethodId, train: Trainer): Method {
  return { face: faceOf(id), train, quantize: (layer, options) => quantizeByProxy(train, layer, options) };
}
