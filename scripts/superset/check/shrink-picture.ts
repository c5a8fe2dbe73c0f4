import { runChild } from '../../../stack/child.ts';

const PROGRAM = `import sys
from PIL import Image
Image.open(sys.argv[1]).convert("RGB").quantize(128, dither=Image.Dither.NONE).save(sys.argv[1], optimize=True)`;

/** Reduces a PNG to 128 colours, by the Pillow that Superset brings: a third of the size, and text stays sharp. */
export const shrinkPicture = async (python: string, file: string): Promise<void> =>
  void (await runChild(python, ['-c', PROGRAM, file]));
