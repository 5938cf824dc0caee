"""One file of an embedded account that several processes create at once."""

import subprocess
import sys

from tests.support.serving import ROOT

BUYER = """
import sys

from tests.support.serving import ROOT
from concurrent.futures import ThreadPoolExecutor
from vapi_provider.embedded import create_app
client = create_app(sys.argv[1]).test_client()
def buy(_):
    body = {"provider": "vapi", "numberDesiredAreaCode": "415"}
    head = {"Authorization": "Bearer k", "User-Agent": "t"}
    return create_app(sys.argv[1]).test_client().post("/phone-number", json=body, headers=head)
with ThreadPoolExecutor(8) as pool:
    for answer in pool.map(buy, range(16)):
        print(answer.status_code, answer.json.get("number"), answer.json.get("orgId"))
"""


def test_two_processes_on_a_new_file(db):
    """Two processes that create the file at once share one account and buy 32 numbers once."""
    buyers = [
        subprocess.Popen(
            [sys.executable, "-c", BUYER, str(db)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        for _ in range(2)
    ]
    lines = [line.split() for buyer in buyers for line in buyer.communicate()[0].splitlines()]
    assert [buyer.returncode for buyer in buyers] == [0, 0]
    assert [line[0] for line in lines] == ["201"] * 32
    assert len({line[1] for line in lines}) == 32
    assert len({line[2] for line in lines}) == 1
