/** The mail of a report, made when it is sent: with the PDF where one can be made and is not too large. */
import { EvenkeelError } from '../../shared/errors.ts';
import { findWord, type Language, word } from '../../shared/words/index.ts';
import type { Mail, ReportMailFacts } from '../notify/channel.ts';
import { letterOf } from './letter.ts';
import type { Pdfs } from './pdf/pdf.ts';
import type { PeriodReports } from './reports.ts';

export interface ReportMailParts {
  reports: Pick<PeriodReports, 'get'>;
  pdfs: Pdfs;
  /** Without a slash at the end. */
  publicUrl(): string;
}

/** Many mail servers refuse messages over 10 MB, and an attachment grows by a third on its way. */
const largestBytes = 6 * 1024 * 1024;

/** @throws EvenkeelError NOT_FOUND when the report is gone */
export const createReportMails =
  ({ reports, pdfs, publicUrl }: ReportMailParts) =>
  async (facts: ReportMailFacts): Promise<Mail> => {
    const language = facts.language as Language;
    const report = await reports.get(facts.report);
    let pdf: Buffer | null = null;
    let noPdf: string | null = null;
    try {
      pdf = await pdfs.of(report, language);
      if (pdf.length > largestBytes) [pdf, noPdf] = [null, word(language, 'report.mail.tooLarge')];
    } catch (thrown) {
      if (!(thrown instanceof EvenkeelError)) throw thrown;
      const hint = findWord(language, `problem.${thrown.code}.hint`) ?? thrown.hint;
      noPdf = `${findWord(language, `problem.${thrown.code}.message`) ?? thrown.message} ${hint}`;
    }
    const letter = letterOf(report, language, `${publicUrl()}/reports/${report.id}`, noPdf);
    const name = `evenkeel-${report.period.name}.pdf`;
    return {
      ...letter,
      to: facts.to,
      attachment: pdf === null ? null : { name, type: 'application/pdf', content: pdf },
    };
  };
