"""What can be wrong with a file, a line of it or a cell, in Portuguese and English."""

from __future__ import annotations

from collections.abc import Sequence

from sippulse_ws.domain.errors import DomainError

_SHOWN = 40  # characters of a bad value, enough to find it


def shown(text: str) -> str:
    """A bad value on one line, whatever is in it."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text[:_SHOWN])


class FileRefused(DomainError):
    """Base of what makes a whole file unusable; nothing of it was stored."""


class SeveralProblems(FileRefused):
    code = "several-problems"
    pt = "Vários problemas"
    en = "Several problems"

    def __init__(self, problems: Sequence[FileRefused]) -> None:
        super().__init__()
        self.problems = problems

    def message(self, language: str) -> str:
        return "; ".join(problem.message(language) for problem in self.problems)


class UnreadableFile(FileRefused):
    code = "unreadable-file"
    pt = "Arquivo {file}: {error}"
    en = "File {file}: {error}"


class CutOffFile(FileRefused):
    code = "cut-off-file"
    pt = "O arquivo comprimido está danificado ou termina antes do fim"
    en = "The compressed file is damaged, or ends before its end"


class EmptyFile(FileRefused):
    code = "empty-file"
    pt = "O arquivo está vazio: falta a primeira linha com os nomes das colunas: {columns}"
    en = "The file is empty: it lacks the first line with the names of the columns: {columns}"


class UnknownEncoding(FileRefused):
    code = "unknown-encoding"
    pt = "Codificação desconhecida: {encoding}"
    en = "Unknown encoding: {encoding}"


class BadEncoding(FileRefused):
    code = "bad-encoding"
    pt = "O arquivo não está em {encoding} (byte {byte}): informe --encoding"
    en = "The file is not in {encoding} (byte {byte}): say --encoding"


class OldSpreadsheet(FileRefused):
    code = "old-spreadsheet"
    pt = "Planilha no formato antigo (.xls): salve-a como .xlsx ou CSV"
    en = "A spreadsheet in the old format (.xls): save it as .xlsx or CSV"


class NotASpreadsheet(FileRefused):
    code = "not-a-spreadsheet"
    pt = "Arquivo zip que não é uma planilha .xlsx: {error}"
    en = "A zip file that is no .xlsx spreadsheet: {error}"


class SpreadsheetExtraMissing(FileRefused):
    code = "excel-extra-missing"
    pt = "Para ler .xlsx falta openpyxl: pip install 'sippulse-ws[excel]'"
    en = "Reading .xlsx needs openpyxl: pip install 'sippulse-ws[excel]'"


class SheetNotFound(FileRefused):
    code = "sheet-not-found"
    pt = "Não há planilha {sheet}; há: {sheets}"
    en = "There is no sheet {sheet}; there are: {sheets}"


class SeveralSheets(FileRefused):
    code = "several-sheets"
    pt = "Há mais de uma planilha com dados, informe --sheet: {sheets}"
    en = "More than one sheet has data, say --sheet: {sheets}"


class SheetsInText(FileRefused):
    code = "sheets-in-text"
    pt = "--sheet só serve para planilhas .xlsx"
    en = "--sheet is for .xlsx spreadsheets only"


class DelimiterUnclear(FileRefused):
    code = "delimiter-unclear"
    pt = "O separador pode ser {first} ou {second}: informe --delimiter"
    en = "The delimiter may be {first} or {second}: say --delimiter"


class MissingColumns(FileRefused):
    code = "missing-columns"
    pt = "A primeira linha do arquivo não tem a coluna {columns}; ela tem: {found}"
    en = "The first line of the file has no column {columns}; it has: {found}"


class UnknownColumns(FileRefused):
    code = "unknown-columns"
    pt = (
        "Coluna desconhecida: {columns} (--map para dizer o que é, --ignore-column para deixá-la "
        "de fora)"
    )
    en = "Unknown column: {columns} (--map says what it is, --ignore-column leaves it out)"


class ColumnTwice(FileRefused):
    code = "column-twice"
    pt = "A coluna {column} está no arquivo mais de uma vez (is there twice): {names}"
    en = "The column {column} is there twice: {names}"


class UnnamedColumn(FileRefused):
    code = "unnamed-column"
    pt = "A coluna {place} não tem nome na primeira linha"
    en = "Column {place} has no name in the first line"


class NoSuchColumn(FileRefused):
    code = "no-such-column"
    pt = "{option}: o arquivo não tem a coluna {column}"
    en = "{option}: the file has no column {column}"


class NoSuchField(FileRefused):
    code = "no-such-field"
    pt = "{option}: não existe a coluna {column}; existem: {columns}"
    en = "{option}: there is no column {column}; there are: {columns}"


class BadMapping(FileRefused):
    code = "bad-mapping"
    pt = "--map {text}: escreva NOME-NO-ARQUIVO=coluna"
    en = "--map {text}: write NAME-IN-THE-FILE=column"


class DecimalUnclear(FileRefused):
    code = "decimal-unclear"
    pt = (
        "Coluna {column}, linha {line}: {value} pode ser {point} (--decimal .) ou {comma} "
        "(--decimal ,), e nada na coluna decide"
    )
    en = (
        "Column {column}, line {line}: {value} may be {point} (--decimal .) or {comma} "
        "(--decimal ,), and nothing in the column decides"
    )


class DecimalMixed(FileRefused):
    code = "decimal-mixed"
    pt = (
        "Coluna {column}: a linha {point_line} usa ponto decimal e a linha {comma_line} vírgula: "
        "informe --decimal"
    )
    en = (
        "Column {column}: line {point_line} uses a decimal point and line {comma_line} a comma: "
        "say --decimal"
    )


class NoSuchProfile(FileRefused):
    code = "no-such-profile"
    pt = "Não há perfil {profile} para {kind}; há: {profiles}"
    en = "There is no profile {profile} for {kind}; there are: {profiles}"


class LineRefused(DomainError):
    """Base of what makes a line unusable; the others are stored."""


class WrongWidth(LineRefused):
    code = "wrong-width"
    pt = "{found} campos em vez de {wanted}"
    en = "{found} fields, not {wanted}"


class DecimalCommaBetweenCommas(LineRefused):
    code = "decimal-comma"
    pt = "{found} campos em vez de {wanted}: parece haver uma vírgula decimal sem aspas em {text}"
    en = "{found} fields, not {wanted}: there seems to be an unquoted decimal comma in {text}"


class NotCsv(LineRefused):
    code = "not-csv"
    pt = "Linha ilegível: não é CSV ({error})"
    en = "Unreadable line: not CSV ({error})"


class CellRefused(LineRefused):
    """Base of what is wrong with one cell; `field` is the column, `value` what stands there."""

    def __init__(self, field: str, value: str = "", **values: object) -> None:
        super().__init__(field=field, value=shown(value), **values)


class NotInEncoding(CellRefused):
    code = "not-in-encoding"
    pt = "{field}: não é UTF-8 (veja --encoding)"
    en = "{field}: not UTF-8 (see --encoding)"


class TextTooLong(CellRefused):
    code = "text-too-long"
    pt = "{field}: mais de {length} caracteres"
    en = "{field}: more than {length} characters"


class NotAnInteger(CellRefused):
    code = "not-an-integer"
    pt = "{field}: não é um número inteiro: {value}"
    en = "{field}: not an integer: {value}"


class OutOfRange(CellRefused):
    code = "out-of-range"
    pt = "{field}: deve estar entre {low} e {high}: {value}"
    en = "{field}: must be between {low} and {high}: {value}"


class NotADecimal(CellRefused):
    code = "not-a-decimal"
    pt = "{field}: não é um número como {example}: {value}"
    en = "{field}: not a number like {example}: {value}"


class NotAFlag(CellRefused):
    code = "not-a-flag"
    pt = "{field}: deve ser 0 ou 1: {value}"
    en = "{field}: must be 0 or 1: {value}"


class NotAMoment(CellRefused):
    code = "not-a-moment"
    pt = "{field}: não é uma data yyyy-MM-dd HH:mm:ss: {value}"
    en = "{field}: not a date yyyy-MM-dd HH:mm:ss: {value}"


class SpreadsheetError(CellRefused):
    code = "spreadsheet-error"
    pt = "{field}: a planilha mostra um erro: {value}"
    en = "{field}: the spreadsheet shows an error: {value}"


class FormulaWithoutValue(CellRefused):
    code = "formula-without-value"
    pt = "{field}: fórmula sem resultado gravado: abra e salve a planilha"
    en = "{field}: a formula whose result is not in the file: open and save the spreadsheet"


class CutBySpreadsheet(CellRefused):
    code = "cut-by-spreadsheet"
    pt = (
        "{field}: {value} é um número que a planilha abreviou; formate a coluna como texto e "
        "exporte de novo"
    )
    en = (
        "{field}: {value} is a number that a spreadsheet has shortened; format the column as text "
        "and export it again"
    )


class NumberWithPunctuation(CellRefused):
    code = "number-with-punctuation"
    pt = "{field}: {value} parece um número com pontuação: escreva {digits} ou use --clean-numbers"
    en = "{field}: {value} looks like a number with punctuation: write {digits} or --clean-numbers"


class NumberIsRange(CellRefused):
    code = "number-is-range"
    pt = "{field}: {value} parece uma faixa de números: use --ranges para importar todos"
    en = "{field}: {value} looks like a range of numbers: --ranges imports them all"


class NumberOrRange(CellRefused):
    code = "number-or-range"
    pt = "{field}: {value} pode ser um número com pontuação ou uma faixa: escreva de outra forma"
    en = "{field}: {value} may be a number with punctuation or a range: write it differently"


class RangeRefused(CellRefused):
    code = "range-refused"
    pt = "{field}: {value}: a faixa deve crescer, ter pontas de mesmo tamanho e até {most} números"
    en = "{field}: {value}: a range must grow, have ends of one length and at most {most} numbers"


class NumberWithLetters(CellRefused):
    code = "number-with-letters"
    pt = "{field}: {value} não é um número: somente dígitos com um + inicial opcional"
    en = "{field}: {value} is no number: digits only, with an optional leading +"


class PrefixWithPlus(CellRefused):
    code = "prefix-with-plus"
    pt = "{field}: prefixos têm somente dígitos, digits only: escreva {digits} em vez de {value}"
    en = "{field}: prefixes are digits only: write {digits} instead of {value}"


class RecordRepeated(LineRefused):
    """A second record with one identity inside the same file."""

    code = "record-repeated"
    pt = "Repetido, mesmo registro da linha {row}: {identity}"
    en = "Repeated, the same record as row {row}: {identity}"


class RecordDiffers(LineRefused):
    code = "record-differs"
    pt = "Já existe com outros valores: {changes} (--update para alterar)"
    en = "Exists already with other values: {changes} (--update changes them)"


class OutOfScope(LineRefused):
    code = "out-of-scope"
    pt = "{field}: {value} em vez de {wanted}, que foi pedido"
    en = "{field}: {value} instead of {wanted}, which was asked for"


class AccountNotNamed(CellRefused):
    code = "account-not-named"
    pt = "{field}: {value} não é username@domain"
    en = "{field}: {value} is not username@domain"


class AccountsDiffer(CellRefused):
    code = "accounts-differ"
    pt = "{field}: {value} é outra conta que username e domain"
    en = "{field}: {value} is another account than username and domain"


class NeedsAccount(LineRefused):
    code = "needs-account"
    pt = "{field} só vale para um número de uma conta: falta account_code"
    en = "{field} is for a number of an account: account_code is missing"


class DialledPrefix(CellRefused):
    """Told, not refused: some proxies' numbers do begin so."""

    code = "dialled-prefix"
    pt = "{field}: {value} foi gravado, mas 00 é discado e não faz parte do número internacional"
    en = "{field}: {value} was stored, but 00 is dialled and no part of an international number"


class NotAnAddress(CellRefused):
    code = "not-an-address"
    pt = "{field}: não é um endereço IP como 192.0.2.1 ou 192.0.2.0/28: {value}"
    en = "{field}: not an IP address like 192.0.2.1 or 192.0.2.0/28: {value}"
