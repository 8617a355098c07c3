/** The worker's entry: one engine, reached through comlink. */
import { expose } from 'comlink';
import { Engine } from './engine';
import { sendStudioErrors } from './errors';

sendStudioErrors();
expose(new Engine());
