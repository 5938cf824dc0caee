"""Probes, which call a server as Vapi would and report faults in its response.

The order is request, post, judge, report. The servers belong to others, so this folder must not
import anything that holds the account's key; a server's own secret goes to its URL only.
"""
