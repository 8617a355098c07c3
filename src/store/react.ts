/** The one place where stores meet React. */
export { useStore } from 'zustand';
export { useShallow } from 'zustand/react/shallow';
