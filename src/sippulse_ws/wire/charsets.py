"""The charsets of requests and answers. Only Java's names are accepted, as on the Java server.

An answer is in the charset that the request's Content-Type names if that is one of _ANSWERED, else
in UTF-8.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from typing import NamedTuple

# In a line: Java's canonical name, Python's codec, Java's aliases in lower case.
_ANSWERED = """
ISO-8859-1 iso8859-1 819 8859_1 cp819 csisolatin1 ibm-819 ibm819 iso-ir-100 iso8859-1 iso8859_1
  iso_8859-1 iso_8859-1:1987 iso_8859_1 l1 latin1
ISO-8859-13 iso8859-13 8859_13 iso8859-13 iso8859_13 iso_8859-13
ISO-8859-15 iso8859-15 8859_15 923 cp923 csiso885915 csisolatin0 csisolatin9 ibm-923 ibm923
  iso8859-15 iso8859_15 iso8859_15_fdis iso_8859-15 l9 latin-9 latin0 latin9
ISO-8859-16 iso8859-16 csiso885916 iso-ir-226 iso8859_16 iso_8859-16 iso_8859-16:2001 l10
  latin10
ISO-8859-2 iso8859-2 8859_2 912 cp912 csisolatin2 ibm-912 ibm912 iso-ir-101 iso8859-2 iso8859_2
  iso_8859-2 iso_8859-2:1987 l2 latin2
ISO-8859-3 iso8859-3 8859_3 913 cp913 csisolatin3 ibm-913 ibm913 iso-ir-109 iso8859-3 iso8859_3
  iso_8859-3 iso_8859-3:1988 l3 latin3
ISO-8859-4 iso8859-4 8859_4 914 cp914 csisolatin4 ibm-914 ibm914 iso-ir-110 iso8859-4 iso8859_4
  iso_8859-4 iso_8859-4:1988 l4 latin4
ISO-8859-5 iso8859-5 8859_5 915 cp915 csisolatincyrillic cyrillic ibm-915 ibm915 iso-ir-144
  iso8859-5 iso8859_5 iso_8859-5 iso_8859-5:1988
ISO-8859-6 iso8859-6 1089 8859_6 arabic asmo-708 cp1089 csisolatinarabic ecma-114 ibm-1089
  ibm1089 iso-ir-127 iso8859-6 iso8859_6 iso_8859-6 iso_8859-6:1987
ISO-8859-7 iso8859-7 813 8859_7 cp813 csisolatingreek ecma-118 elot_928 greek greek8 ibm-813
  ibm813 iso-ir-126 iso8859-7 iso8859_7 iso_8859-7 iso_8859-7:1987 sun_eu_greek
ISO-8859-8 iso8859-8 8859_8 916 cp916 csisolatinhebrew hebrew ibm-916 ibm916 iso-ir-138
  iso8859-8 iso8859_8 iso_8859-8 iso_8859-8:1988
ISO-8859-9 iso8859-9 8859_9 920 cp920 csisolatin5 ibm-920 ibm920 iso-ir-148 iso8859-9 iso8859_9
  iso_8859-9 iso_8859-9:1989 l5 latin5
KOI8-R koi8-r cskoi8r koi8 koi8_r
US-ASCII ascii 646 ansi_x3.4-1968 ansi_x3.4-1986 ascii ascii7 cp367 csascii ibm367 iso-ir-6
  iso646-us iso_646.irv:1983 iso_646.irv:1991 us
UTF-16 utf-16 unicode unicodebig utf16 utf_16
UTF-16BE utf-16-be iso-10646-ucs-2 unicodebigunmarked utf_16be x-utf-16be
UTF-16LE utf-16-le unicodelittleunmarked utf_16le x-utf-16le
UTF-8 utf-8 unicode-1-1-utf-8 utf8
windows-1250 cp1250 cp1250 cp5346
windows-1251 cp1251 ansi-1251 cp1251 cp5347
windows-1252 cp1252 cp1252 cp5348 ibm-1252 ibm1252
windows-1253 cp1253 cp1253 cp5349
windows-1254 cp1254 cp1254 cp5350
windows-1255 cp1255 cp1255
windows-1256 cp1256 cp1256
windows-1257 cp1257 cp1257 cp5353
windows-1258 cp1258 cp1258
"""
# Accepted in requests only.
_READ = """
Big5 big5 csbig5
Big5-HKSCS big5hkscs big5_hkscs big5hk big5hkscs
EUC-JP euc_jp cseucpkdfmtjapanese euc_jp eucjis eucjp
  extended_unix_code_packed_format_for_japanese x-euc-jp x-eucjp
EUC-KR euc_kr 5601 cseuckr euc_kr euckr ks_c_5601-1987 ksc5601 ksc5601-1987 ksc5601_1987
  ksc_5601
GB18030 gb18030 gb18030-2022
GB2312 gb2312 euc-cn euc_cn euccn gb2312-1980 gb2312-80 x-euc-cn
GBK gbk cp936 windows-936
IBM00858 cp858 858 ccsid00858 cp00858 cp858 ibm-858 ibm858 pc-multilingual-850+euro
IBM437 cp437 437 cp437 cspc8codepage437 ibm-437 windows-437
IBM850 cp850 850 cp850 cspc850multilingual ibm-850
IBM852 cp852 852 cp852 cspcp852 ibm-852
IBM860 cp860 860 cp860 csibm860 ibm-860
IBM862 cp862 862 cp862 csibm862 cspc862latinhebrew ibm-862
IBM866 cp866 866 cp866 csibm866 ibm-866
ISO-2022-JP iso2022_jp csiso2022jp csjisencoding iso2022jp jis jis_encoding
ISO-2022-KR iso2022_kr csiso2022kr iso2022kr
KOI8-U koi8-u koi8_u
Shift_JIS shift_jis csshiftjis ms_kanji shift-jis sjis x-sjis
TIS-620 tis-620 tis620 tis620.2533
UTF-32 utf-32 utf32 utf_32
UTF-32BE utf-32-be utf_32be x-utf-32be
UTF-32LE utf-32-le utf_32le x-utf-32le
windows-31j cp932 cswindows31j ms932 windows-932
x-iso-8859-11 iso8859-11 iso-8859-11 iso8859_11
x-MacRoman mac-roman macroman
x-windows-949 cp949 ms949 ms_949 windows-949 windows949
x-windows-950 cp950 ms950 windows-950
"""


class Charset(NamedTuple):
    """How text is encoded; `label` is Java's canonical name, which answers show."""

    label: str
    codec: str
    answers: bool  # whether answers may be in it

    def decode(self, body: bytes) -> str:
        """The text; ValueError if the bytes are not valid in this charset."""
        codec = self.codec
        if codec == "utf-16" and not body.startswith(_MARKS):
            codec = "utf-16-be"  # RFC 2781 for a text without byte order mark
        return body.decode(codec).removeprefix("\ufeff")

    def encode(self, text: str) -> bytes:
        """XML in this charset; a character that it lacks becomes one character reference."""
        if self.codec == "utf-16":
            return codecs.BOM_UTF16_BE + text.encode("utf-16-be")
        return text.encode(self.codec, "xmlcharrefreplace")

    def encode_pieces(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Like `encode`, from pieces of UTF-8 that may be cut inside of a character."""
        decoder = codecs.getincrementaldecoder("utf-8")()
        codec = self.codec
        if codec == "utf-16":
            yield codecs.BOM_UTF16_BE
            codec = "utf-16-be"
        for piece in pieces:
            yield decoder.decode(piece).encode(codec, "xmlcharrefreplace")
        yield decoder.decode(b"", final=True).encode(codec, "xmlcharrefreplace")


_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def _table() -> dict[str, Charset]:
    names: dict[str, Charset] = {}
    for rows, answers in ((_ANSWERED, True), (_READ, False)):
        for line in rows.replace("\n  ", " ").split("\n"):
            if line:
                label, codec, *aliases = line.split()
                charset = Charset(label, codec, answers)
                names |= dict.fromkeys([label.lower(), *aliases], charset)
    return names


_CHARSETS = _table()
UTF_8 = _CHARSETS["utf-8"]


def charset_named(name: str) -> Charset | None:
    """The charset with this name, in upper or lower case; None for a name not listed above."""
    return _CHARSETS.get(name.lower())
