/**
 * What was put into a box stays whole and is said to be too long, where the browser would cut it at `maxlength` silently.
 * One part for all boxes: it listens at the document.
 */
import { number } from '../../../shared/words/format.ts';
import { language, loadMore, t } from '../words/words.ts';

type TextBox = HTMLInputElement | HTMLTextAreaElement;

const boxOf = ({ target }: Event): TextBox | null =>
  target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement ? target : null;

/** Only where the text will not fit, so that the browser cuts nothing; it counts as one who types at the end, too. */
function letIn(event: InputEvent): void {
  const box = boxOf(event);
  const text = event.data ?? event.dataTransfer?.getData('text/plain') ?? '';
  if (!box || box.maxLength < 0) return;
  const left = box.value.length - ((box.selectionEnd ?? 0) - (box.selectionStart ?? 0));
  if (left + text.length <= box.maxLength) return;
  box.dataset.most = String(box.maxLength);
  box.removeAttribute('maxlength');
}

/** Until it is short enough its form is not sent. */
function judge(event: Event): void {
  const box = boxOf(event);
  const limit = Number(box?.dataset.most ?? 0);
  if (!box || !limit) return;
  const format = (value: number) => number(value, language.value);
  const isLong = box.value.length > limit;
  box.setCustomValidity(isLong ? t('form.tooLong', { n: format(box.value.length), most: format(limit) }) : '');
  if (isLong) box.reportValidity();
}

// The first page has come without these words.
void loadMore();
addEventListener('beforeinput', letIn, true);
addEventListener('input', judge, true);
