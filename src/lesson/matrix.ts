/** The matrices of traces, for the page that shows them. */
export { largest, type Matrix } from '../numerics/matrix';
