/**
 * What becomes of files that are dropped anywhere: a model is opened, a text or a set of images becomes the open model's calibration
 * data, a results file, or a figure or report that carries one, is shown. Whatever is refused is said where the person is; nobody is taken to another screen for it.
 */
import { StudioError } from '../base/errors';
import type { StoredModel } from '../worker/protocol';
import { failureOf } from './failure';
import { currentModel, type ModelsStore, type PathedFile } from './models';
import type { RecipeStore } from './recipe';
import type { ResultFilesStore } from './result-file';
import type { RouteStore } from './route';
import type { ToastsStore } from './toasts';

/** JSON files that belong to a model. */
const SIDE_FILE = /(^|[_.-])(config|tokenizer|vocab|index|params|special_tokens_map|added_tokens)\.json$/i;

/** Figures and reports that the studio wrote carry their results. */
const CARRIER = /\.(svg|png|html?)$/i;

const HELD_OUT = /held|eval|valid|test/i;

type Kind = 'result' | 'text' | 'numpy' | 'model';

/** What dropped files are, by their names: a folder, or anything with weights in it, is a model with all that lies beside. */
export function kindOf(files: readonly PathedFile[]): Kind {
  const names = files.map(({ path }) => path.split('/').pop() ?? path);
  if (names.every((name) => /\.(txt|jsonl)$/i.test(name))) return 'text';
  if (names.length > 1) return 'model';
  if (CARRIER.test(names[0]) || (/\.json$/i.test(names[0]) && !SIDE_FILE.test(names[0]))) return 'result';
  return /\.npz$/i.test(names[0]) ? 'numpy' : 'model';
}

export interface IntakeOf {
  readonly models: ModelsStore;
  readonly recipes: RecipeStore;
  readonly resultFiles: ResultFilesStore;
  readonly routes: RouteStore;
  readonly toasts: ToastsStore;
}

export type Intake = (files: readonly PathedFile[]) => Promise<void>;

export function createIntake({ models, recipes, resultFiles, routes, toasts }: IntakeOf): Intake {
  const openModel = async (files: readonly PathedFile[]) => {
    const model = await models.getState().importFiles(files);
    // Who reads a link with figures drops its model there to run it there.
    if (model && routes.getState().route.screen !== 'link') routes.getState().go({ screen: 'recipe' });
  };

  const openResult = async (file: File) => {
    const id = await resultFiles.getState().open(file);
    if (id !== null) {
      routes.getState().go({ screen: 'compare', id });
      return;
    }
    const { failure, dismiss } = resultFiles.getState();
    dismiss();
    if (failure) toasts.getState().fail(failure);
  };

  /** Adds files beside the open model and calibrates with them. False where none could be read; the last refusal is said. */
  const addData = async (model: StoredModel, files: readonly PathedFile[]): Promise<boolean> => {
    const names: string[] = [];
    // A recipe that nobody has touched follows the model's files by itself, so what it was is looked at before.
    const before = recipes.getState().snapshot();
    for (const { file } of files) {
      const name = await models.getState().addData(model.key, file);
      if (name !== null) names.push(name);
    }
    if (names.length === 0) return false;
    // Of several, one may say that it is to be held out.
    const heldOut = names.length > 1 ? (names.find((name) => HELD_OUT.test(name)) ?? null) : null;
    const calibration = names.findLast((name) => name !== heldOut) ?? names[0];
    recipes.getState().setCalibration({ source: 'file', file: calibration });
    if (heldOut !== null) recipes.getState().setHeldOut({ file: heldOut });
    toasts
      .getState()
      .say({ kind: 'data-added', file: calibration, model: model.name }, () => recipes.getState().restore(before));
    return true;
  };

  const addTexts = async (model: StoredModel | null, files: readonly PathedFile[]) => {
    if (model !== null) {
      await addData(model, files);
      return;
    }
    const sentence = `"${files[0].file.name}" is a text to calibrate with, and no model is open: open a model, then drop it again.`;
    toasts.getState().fail(failureOf(new StudioError('QS-FILE-20', sentence)));
  };

  return async (files) => {
    if (files.length === 0) return;
    toasts.getState().dismissFailure();
    models.getState().dismiss();
    const model = currentModel(models.getState());
    switch (kindOf(files)) {
      case 'result':
        return openResult(files[0].file);
      case 'text':
        return addTexts(model, files);
      case 'numpy':
        // Images for the open classifier, or weights: the file itself tells.
        if (model?.task === 'classification' && (await addData(model, files))) return;
        return openModel(files);
      case 'model':
        return openModel(files);
    }
  };
}
