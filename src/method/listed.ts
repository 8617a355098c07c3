/**
 * Importing this lists all methods, also those that the page's first paint does without: their faces come with the other steps' (step/faces.ts)
 * or with the engine (table.ts).
 */
import { alsoListed } from './catalogue';
import { GRID_FACES } from './trained/grid-faces';
import { TRAJECTORY_FACES } from './trained/trajectory-faces';

alsoListed([...TRAJECTORY_FACES, ...GRID_FACES]);
