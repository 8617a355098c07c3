// A sub-vector of `matrix` (codebook/view.wgsl) as a Vector (assignment/metric.wgsl) with zeros past D and past the last column.
fn component(at: Place, j: u32) -> f32 {
  if (j >= D) { return 0.0; }
  return element(at, j);
}

fn point(at: Place) -> Vector {
  return Vector(vec4f(element(at, 0u), component(at, 1u), component(at, 2u), component(at, 3u)),
                vec4f(component(at, 4u), component(at, 5u), component(at, 6u), component(at, 7u)));
}
