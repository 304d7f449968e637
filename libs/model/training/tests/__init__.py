"""Tests of the training: python -m unittest discover -s libs/model/training -t libs/model/training"""
