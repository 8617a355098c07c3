/** The page's entry: connects the engine's worker, ties the stores together and shows the studio. */
import { connectEngine } from '../worker/client';
import { browserStorage } from '../store/persist';
import { createStudio } from '../store/studio';
import { show } from './show';

const studio = createStudio({ engine: connectEngine(), routeHost: window, storage: browserStorage() });
show(studio);
