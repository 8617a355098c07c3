/** What steps within attention say alike. */

export const NO_ATTENTION =
  'The network has no attention, and so no keys, values or probabilities: leave the step out, and quantize what its mixers read by Activations.';
