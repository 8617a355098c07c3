// The affine grid as the quantize function of the column loop (shaders/compensation/columns.wgsl).
// A grid tensor is (2·groups) × rows: row g holds the scales of group g, row groups + g its zeros; a column is an output row.
struct Grid { scale: f32, zero: f32 }
struct Level { code: f32, value: f32 }

fn round_to_grid(w: f32, grid: Grid, top: f32) -> Level {
  let code = clamp(round(w / grid.scale) + grid.zero, 0.0, top);
  return Level(code, grid.scale * (code - grid.zero));
}
