// The weight of a sub-vector's component: WEIGHTED is set where any differs from 1, ONES where only the padding of the last
// sub-vector does. The including kernel declares `weights`, one a column of the window or one a weight, by the strides weight_row
// and weight_col (floats) in `params`; ONES leaves them unread.
override WEIGHTED: bool = false;
override ONES: bool = false;

fn weight(at: Place, j: u32) -> f32 {
  let column = at.sub * D + j;
  if (column >= params.cols) { return 0.0; }
  if (ONES) { return 1.0; }
  return weights[at.row * params.weight_row + column * params.weight_col];
}
