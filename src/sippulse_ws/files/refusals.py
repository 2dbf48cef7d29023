"""Errors of files, lines and cells, in Portuguese and English."""

from __future__ import annotations

from collections.abc import Sequence

from sippulse_ws.domain.errors import DomainError
from sippulse_ws.wording import Wording

_SHOWN = 40  # most characters that a message shows of a bad value


def shown(text: str) -> str:
    """A bad value for a message: on one line, shortened."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text[:_SHOWN])


class FileRefused(DomainError):
    """Base of errors that make the whole file unusable; nothing of it was stored."""


class SeveralProblems(FileRefused):
    code = "several-problems"
    wording = Wording("Vários problemas", "Several problems")

    def __init__(self, problems: Sequence[FileRefused]) -> None:
        super().__init__()
        self.problems = problems

    def message(self, language: str) -> str:
        return "; ".join(problem.message(language) for problem in self.problems)


class UnreadableFile(FileRefused):
    code = "unreadable-file"
    wording = Wording("Arquivo {file}: {error}", "File {file}: {error}")


class CutOffFile(FileRefused):
    code = "cut-off-file"
    wording = Wording(
        "O arquivo comprimido está danificado ou termina antes do fim",
        "The compressed file is damaged, or ends before its end",
    )


class EmptyFile(FileRefused):
    code = "empty-file"
    wording = Wording(
        "O arquivo está vazio: falta a primeira linha com os nomes das colunas: {columns}",
        "The file is empty: it lacks the first line with the names of the columns: {columns}",
    )


class UnknownEncoding(FileRefused):
    code = "unknown-encoding"
    wording = Wording("Codificação desconhecida: {encoding}", "Unknown encoding: {encoding}")


class BadEncoding(FileRefused):
    code = "bad-encoding"
    wording = Wording(
        "O arquivo não está em {encoding} (byte {byte}): informe --encoding",
        "The file is not in {encoding} (byte {byte}): say --encoding",
    )


class OldSpreadsheet(FileRefused):
    code = "old-spreadsheet"
    wording = Wording(
        "Planilha no formato antigo (.xls): salve-a como .xlsx ou CSV",
        "A spreadsheet in the old format (.xls): save it as .xlsx or CSV",
    )


class NotASpreadsheet(FileRefused):
    code = "not-a-spreadsheet"
    wording = Wording(
        "Arquivo zip que não é uma planilha .xlsx: {error}",
        "A zip file that is no .xlsx spreadsheet: {error}",
    )


class WritingExtraMissing(FileRefused):
    code = "writing-extra-missing"
    wording = Wording(
        "Para gravar {format} falta {package}: pip install 'sippulse-ws[{extra}]'",
        "Writing {format} needs {package}: pip install 'sippulse-ws[{extra}]'",
    )


class SheetFull(FileRefused):
    code = "sheet-full"
    wording = Wording(
        "Uma planilha tem no máximo {most} linhas: exporte um domínio por vez, ou CSV",
        "A spreadsheet has at most {most} rows: export one domain at a time, or CSV",
    )


class CellTooLong(FileRefused):
    code = "cell-too-long"
    wording = Wording(
        "Coluna {column}: uma célula de planilha tem no máximo {most} caracteres: exporte CSV",
        "Column {column}: a cell of a spreadsheet has at most {most} characters: export CSV",
    )


class SpreadsheetExtraMissing(FileRefused):
    code = "excel-extra-missing"
    wording = Wording(
        "Para ler .xlsx falta openpyxl: pip install 'sippulse-ws[excel]'",
        "Reading .xlsx needs openpyxl: pip install 'sippulse-ws[excel]'",
    )


class SheetNotFound(FileRefused):
    code = "sheet-not-found"
    wording = Wording(
        "Não há planilha {sheet}; há: {sheets}", "There is no sheet {sheet}; there are: {sheets}"
    )


class SeveralSheets(FileRefused):
    code = "several-sheets"
    wording = Wording(
        "Há mais de uma planilha com dados, informe --sheet: {sheets}",
        "More than one sheet has data, say --sheet: {sheets}",
    )


class SheetsInText(FileRefused):
    code = "sheets-in-text"
    wording = Wording(
        "--sheet só serve para planilhas .xlsx", "--sheet is for .xlsx spreadsheets only"
    )


class DelimiterUnclear(FileRefused):
    code = "delimiter-unclear"
    wording = Wording(
        "O separador pode ser {first} ou {second}: informe --delimiter",
        "The delimiter may be {first} or {second}: say --delimiter",
    )


class MissingColumns(FileRefused):
    code = "missing-columns"
    wording = Wording(
        "A primeira linha do arquivo não tem a coluna {columns}; ela tem: {found}",
        "The first line of the file has no column {columns}; it has: {found}",
    )


class UnknownColumns(FileRefused):
    code = "unknown-columns"
    wording = Wording(
        "Coluna desconhecida: {columns} (--map para dizer o que é, --ignore-column para deixá-la "
        "de fora)",
        "Unknown column: {columns} (--map says what it is, --ignore-column leaves it out)",
    )


class ColumnTwice(FileRefused):
    code = "column-twice"
    wording = Wording(
        "A coluna {column} está no arquivo mais de uma vez (is there twice): {names}",
        "The column {column} is there twice: {names}",
    )


class NoSuchColumn(FileRefused):
    code = "no-such-column"
    wording = Wording(
        "{option}: o arquivo não tem a coluna {column}", "{option}: the file has no column {column}"
    )


class NoSuchField(FileRefused):
    code = "no-such-field"
    wording = Wording(
        "{option}: não existe a coluna {column}; existem: {columns}",
        "{option}: there is no column {column}; there are: {columns}",
    )


class BadMapping(FileRefused):
    code = "bad-mapping"
    wording = Wording(
        "--map {text}: escreva NOME-NO-ARQUIVO=coluna",
        "--map {text}: write NAME-IN-THE-FILE=column",
    )


class DecimalUnclear(FileRefused):
    code = "decimal-unclear"
    wording = Wording(
        "Coluna {column}, linha {line}: {value} pode ser {point} (--decimal .) ou {comma} "
        "(--decimal ,), e nada na coluna decide",
        "Column {column}, line {line}: {value} may be {point} (--decimal .) or {comma} "
        "(--decimal ,), and nothing in the column decides",
    )


class DecimalMixed(FileRefused):
    code = "decimal-mixed"
    wording = Wording(
        "Coluna {column}: a linha {point_line} usa ponto decimal e a linha {comma_line} vírgula: "
        "informe --decimal",
        "Column {column}: line {point_line} uses a decimal point and line {comma_line} a comma: "
        "say --decimal",
    )


class NoSuchProfile(FileRefused):
    code = "no-such-profile"
    wording = Wording(
        "Não há perfil {profile} para {kind}; há: {profiles}",
        "There is no profile {profile} for {kind}; there are: {profiles}",
    )


class LineRefused(DomainError):
    """Base of errors of one line; the other lines are stored."""


class WrongWidth(LineRefused):
    code = "wrong-width"
    wording = Wording("{found} campos em vez de {wanted}", "{found} fields, not {wanted}")


class DecimalCommaBetweenCommas(LineRefused):
    code = "decimal-comma"
    wording = Wording(
        "{found} campos em vez de {wanted}: parece haver uma vírgula decimal sem aspas em {text}",
        "{found} fields, not {wanted}: there seems to be an unquoted decimal comma in {text}",
    )


class NotCsv(LineRefused):
    code = "not-csv"
    wording = Wording("Linha ilegível: não é CSV ({error})", "Unreadable line: not CSV ({error})")


class CellRefused(LineRefused):
    """Base of errors of one cell; `field` is its column, `value` its text."""

    def __init__(self, field: str, value: str = "", **values: object) -> None:
        super().__init__(field=field, value=shown(value), **values)


class NotInEncoding(CellRefused):
    code = "not-in-encoding"
    wording = Wording(
        "{field}: não é UTF-8 (veja --encoding)", "{field}: not UTF-8 (see --encoding)"
    )


class NulCharacter(CellRefused):
    code = "nul-character"
    wording = Wording(
        "{field}: tem um caractere NUL: o arquivo está danificado ou em outra codificação",
        "{field}: has a NUL character: the file is damaged, or in another encoding",
    )


class UnnamedColumn(CellRefused):
    code = "unnamed-column"
    wording = Wording(
        "A coluna {field} não tem nome na primeira linha, e aqui tem conteúdo: {value}",
        "Column {field} has no name in the first line, and here it has something: {value}",
    )


class TextTooLong(CellRefused):
    code = "text-too-long"
    wording = Wording(
        "{field}: mais de {length} caracteres", "{field}: more than {length} characters"
    )


class NotAnInteger(CellRefused):
    code = "not-an-integer"
    wording = Wording(
        "{field}: não é um número inteiro: {value}", "{field}: not an integer: {value}"
    )


class OutOfRange(CellRefused):
    code = "out-of-range"
    wording = Wording(
        "{field}: deve estar entre {low} e {high}: {value}",
        "{field}: must be between {low} and {high}: {value}",
    )


class NotADecimal(CellRefused):
    code = "not-a-decimal"
    wording = Wording(
        "{field}: não é um número como {example}: {value}",
        "{field}: not a number like {example}: {value}",
    )


class NotAFlag(CellRefused):
    code = "not-a-flag"
    wording = Wording("{field}: deve ser 0 ou 1: {value}", "{field}: must be 0 or 1: {value}")


class NotAMoment(CellRefused):
    code = "not-a-moment"
    wording = Wording(
        "{field}: não é uma data yyyy-MM-dd HH:mm:ss: {value}",
        "{field}: not a date yyyy-MM-dd HH:mm:ss: {value}",
    )


class SpreadsheetError(CellRefused):
    code = "spreadsheet-error"
    wording = Wording(
        "{field}: a planilha mostra um erro: {value}",
        "{field}: the spreadsheet shows an error: {value}",
    )


class FormulaWithoutValue(CellRefused):
    code = "formula-without-value"
    wording = Wording(
        "{field}: fórmula sem resultado gravado: abra e salve a planilha",
        "{field}: a formula whose result is not in the file: open and save the spreadsheet",
    )


class CutBySpreadsheet(CellRefused):
    code = "cut-by-spreadsheet"
    wording = Wording(
        "{field}: {value} é um número que a planilha abreviou; formate a coluna como texto e "
        "exporte de novo",
        "{field}: {value} is a number that a spreadsheet has shortened; format the column as text "
        "and export it again",
    )


class RecordRepeated(LineRefused):
    """The file has an earlier record with the same identity."""

    code = "record-repeated"
    wording = Wording(
        "Repetido, mesmo registro da linha {row}: {identity}",
        "Repeated, the same record as row {row}: {identity}",
    )


class RecordDiffers(LineRefused):
    code = "record-differs"
    wording = Wording(
        "Já existe com outros valores: {changes} (--update para alterar)",
        "Exists already with other values: {changes} (--update changes them)",
    )


class OutOfScope(LineRefused):
    code = "out-of-scope"
    wording = Wording(
        "{field}: {value} em vez de {wanted}, que foi pedido",
        "{field}: {value} instead of {wanted}, which was asked for",
    )


class AccountNotNamed(CellRefused):
    code = "account-not-named"
    wording = Wording(
        "{field}: {value} não é username@domain", "{field}: {value} is not username@domain"
    )


class AccountsDiffer(CellRefused):
    code = "accounts-differ"
    wording = Wording(
        "{field}: {value} é outra conta que username e domain",
        "{field}: {value} is another account than username and domain",
    )


class NeedsAccount(LineRefused):
    code = "needs-account"
    wording = Wording(
        "{field} só vale para um número de uma conta: falta account_code",
        "{field} is for a number of an account: account_code is missing",
    )


class NotAnAddress(CellRefused):
    code = "not-an-address"
    wording = Wording(
        "{field}: não é um endereço IP como 192.0.2.1 ou 192.0.2.0/28: {value}",
        "{field}: not an IP address like 192.0.2.1 or 192.0.2.0/28: {value}",
    )
