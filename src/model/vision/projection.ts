/** Linear layers of a network's ends, which are not quantized. */
import type { Gpu } from '../../gpu/gpu';
import { fixedLinear } from '../../gradient/linear';
import type { Tape, Variable } from '../../gradient/tape';
import { Tensor } from '../../tensor/tensor';
import type { Weight } from '../../tensor/weight';
import { uploadLinear } from '../linear';
import type { LinearShape, WeightSource } from '../model';

/** A linear layer's weight and bias on the GPU. */
export class Projection {
  private constructor(
    private readonly weight: Weight,
    private readonly bias: Tensor | null,
  ) {}

  static async load(gpu: Gpu, source: WeightSource, plan: LinearShape): Promise<Projection> {
    const bias = plan.bias ? await source.read(plan.bias) : null;
    const weight = await uploadLinear(gpu, source, plan);
    return new Projection(weight, bias && Tensor.from(gpu, 1, plan.rows, bias, plan.bias ?? ''));
  }

  apply(tape: Tape, x: Variable): Variable {
    return fixedLinear(tape, x, this.weight, this.bias);
  }

  release(): void {
    this.weight.release();
    this.bias?.release();
  }
}
